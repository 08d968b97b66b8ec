/** The first reward that can answer: a rule where it applies, a judge where it does not. */
import { type Score, type Scored, type Unscored, unscored } from '../data/score.ts'
import { ask } from './ask.ts'
import { combination, kept, knownRanges, named } from './combine.ts'
import type { Reward } from './reward.ts'

/**
 * For each sample the answer of the first reward that scores it; the next is asked only about what is still Unscored
 * (a listwise one sees all samples of a prompt with any such). Unscored where no reward answers, with every reason.
 * The answer's dense rewards are kept.
 */
export function firstOf(...rewards: readonly [Reward, ...Reward[]]): Reward {
  const inner = named(rewards)
  const ranges = knownRanges(inner)
  const range =
    ranges && ([Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] as const)
  return combination('firstOf', inner, range, async (samples, signal) => {
    const answered = new Map<number, Scored>()
    const refusals: Unscored[][] = samples.map(() => [])
    for (const { name, reward } of inner) {
      const open = new Set(samples.flatMap((sample, at) => (answered.has(at) ? [] : sample.prompt.id)))
      const asked = samples.flatMap((sample, at) =>
        !answered.has(at) || (reward.listwise === true && open.has(sample.prompt.id)) ? at : [],
      )
      const scores = await ask(
        reward,
        asked.map((at) => samples[at]),
        signal,
      )
      scores.forEach((score, i) => {
        const at = asked[i]
        if (answered.has(at)) return
        if (score.kind === 'scored') answered.set(at, { ...score, ...kept([[name, score]]) })
        else refusals[at].push(unscored(score.at, `${name}: ${score.reason}`))
      })
    }
    return samples.map((_, at): Score => answered.get(at) ?? joined(refusals[at]))
  })
}

/** One refusal out of several; it is placed where the last resort failed. */
function joined(refusals: readonly Unscored[]): Unscored {
  return unscored(refusals[refusals.length - 1].at, refusals.map(({ reason }) => reason).join('; '))
}
