/**
 * Appeals against a rule (arXiv 2510.00915, section 3.4): of the answers that a rule rejects, a random share goes to a
 * second verifier, which is dearer. What it upholds tells how often the rule rejects right answers; the shapings
 * `forwardCorrection` and `backwardCorrection` read it from the parts.
 */
import { random } from '../data/random.ts'
import { type Score, scored } from '../data/score.ts'
import { answersWhenAborted, ask } from './ask.ts'
import { combination } from './combine.ts'
import type { Reward } from './reward.ts'

export interface AppealsOptions {
  /** q, the chance of a rejected answer to be heard again. Default 0.1. */
  readonly share?: number
  /** An answer whose appeal is upheld scores 1 instead of the rule's value. Default false: appeals only measure. */
  readonly relabel?: boolean
  /** Default 1. */
  readonly seed?: number | string
}

/**
 * The rule's score with the parts `rule` (1: accepted, above 1/2), `appealed` and `overturned`. A second verifier that could not
 * answer overturns nothing, and its answer does not count as appealed. Listwise: whether an answer is drawn follows from
 * the seed and the group's texts, so a run repeats itself, and the same answer in another group is drawn anew.
 */
export function appeals(rule: Reward, second: Reward, options: AppealsOptions = {}): Reward {
  const { share = 0.1, relabel = false, seed = 1 } = options
  const inner = [
    { name: rule.name, reward: rule },
    { name: second.name, reward: second },
  ]
  const base = combination('appeals', inner, rule.range, async (samples, signal) => {
    const ruled = await ask(rule, samples, signal)
    const heard = new Set<number>()
    for (const group of Map.groupBy(samples.keys(), (at) => samples[at].prompt.id).values()) {
      const texts = group.map((at) => samples[at].completion.text)
      const { next } = random(JSON.stringify([seed, samples[group[0]].prompt.id, texts]))
      for (const at of group) {
        const drawn = next() < share
        const score = ruled[at]
        if (drawn && score.kind === 'scored' && score.value <= 0.5) heard.add(at)
      }
    }
    const order = [...heard]
    const answers = await ask(
      second,
      order.map((at) => samples[at]),
      signal,
    )
    const verdicts = new Map(order.map((at, i) => [at, answers[i]]))
    return ruled.map((score, at): Score => {
      if (score.kind === 'unscored') return score
      const verdict = verdicts.get(at)
      const overturned = verdict?.kind === 'scored' && verdict.value > 0.5
      const parts = {
        ...score.parts,
        rule: Number(score.value > 0.5),
        appealed: Number(verdict?.kind === 'scored'),
        overturned: Number(overturned),
      }
      const { kind: _, value, ...rest } = score
      return scored(overturned && relabel ? 1 : value, { ...rest, parts })
    })
  })
  return answersWhenAborted({ ...base, listwise: true })
}
