/** What every combinator shares: naming its parts, and turning several scores of one sample into one. */
import { type Score, type Scored, scored, type Unscored, unscored } from '../data/score.ts'
import { answersWhenAborted, ask } from './ask.ts'
import type { Reward } from './reward.ts'

/** A reward under the name its part has in the combined score. */
export interface Named {
  readonly name: string
  readonly reward: Reward
}

/** Rewards under their own names; a name that is taken already gets its position behind it: 'regexFormat#2'. */
export function named(rewards: readonly Reward[]): Named[] {
  const taken = new Set<string>()
  return rewards.map((reward, i) => {
    const name = taken.has(reward.name) ? `${reward.name}#${i + 1}` : reward.name
    taken.add(name)
    return { name, reward }
  })
}

/**
 * A reward made of others: listwise if any of them is, and as concurrent as the most limited. `score` must reach the
 * inner rewards through `ask` alone.
 */
export function combination(
  kind: string,
  inner: readonly Named[],
  range: Reward['range'],
  score: Reward['score'],
): Reward {
  const limits = inner.flatMap(({ reward }) => reward.concurrency ?? [])
  return answersWhenAborted({
    name: `${kind}(${inner.map(({ name }) => name).join(', ')})`,
    ...(range === undefined ? {} : { range }),
    ...(inner.some(({ reward }) => reward.listwise === true) ? { listwise: true } : {}),
    ...(limits.length === 0 ? {} : { concurrency: Math.min(...limits) }),
    score,
  })
}

/** A reward that scores a sample by a function of all its parts' values. */
export function folded(
  kind: string,
  rewards: readonly Reward[],
  fold: (values: readonly number[]) => number,
  foldRange: (ranges: readonly (readonly [number, number])[]) => readonly [number, number],
): Reward {
  const inner = named(rewards)
  const ranges = knownRanges(inner)
  return combination(kind, inner, ranges && foldRange(ranges), async (samples, signal) => {
    const answers = await Promise.all(rewards.map((reward) => ask(reward, samples, signal)))
    return samples.map((_, at) => {
      const parts = needAll(
        inner,
        answers.map((scores) => scores[at]),
      )
      return 'kind' in parts ? parts : scored(fold(parts.map(([, score]) => score.value)), kept(parts))
    })
  })
}

/** The ranges of all the rewards, or undefined where one of them has none. */
export function knownRanges(inner: readonly Named[]): (readonly [number, number])[] | undefined {
  const ranges = inner.flatMap(({ reward }) => (reward.range === undefined ? [] : [reward.range]))
  return ranges.length === inner.length ? ranges : undefined
}

/** One sample's scores by part name. */
export type Parts = readonly (readonly [name: string, score: Scored])[]

/** The parts with their scores, or the first that has none, its name in the reason. */
export function needAll(inner: readonly Named[], scores: readonly Score[]): Parts | Unscored {
  const parts: [string, Scored][] = []
  for (let i = 0; i < inner.length; i++) {
    const score = scores[i]
    if (score.kind === 'unscored') return unscored(score.at, `${inner[i].name}: ${score.reason}`)
    parts.push([inner[i].name, score])
  }
  return parts
}

/** What a combined score keeps of its parts: their values (nested ones as 'outer.inner'), feedback, least confidence. */
export function kept(parts: Parts): Pick<Scored, 'parts' | 'feedback' | 'confidence'> {
  const values: Record<string, number> = {}
  for (const [name, score] of parts) {
    values[name] = score.value
    for (const [inner, value] of Object.entries(score.parts ?? {})) values[`${name}.${inner}`] = value
  }
  const feedback = parts.flatMap(([name, score]) => (score.feedback === undefined ? [] : `${name}: ${score.feedback}`))
  const confidences = parts.flatMap(([, score]) => score.confidence ?? [])
  return {
    parts: values,
    ...(feedback.length === 0 ? {} : { feedback: feedback.join('\n') }),
    ...(confidences.length === 0 ? {} : { confidence: Math.min(...confidences) }),
  }
}
