/**
 * A judge behind a check for substance: judges give full marks to texts that say nothing, and a policy finds them ("One Token
 * to Fool LLM-as-a-Judge", arXiv 2507.08794). See `missingSubstance` for what counts as nothing.
 */
import { type Score, scored } from '../../data/score.ts'
import { missingSubstance } from '../../text/answerSubstance.ts'
import { ask } from '../ask.ts'
import { combination, named } from '../combine.ts'
import type { Reward } from '../reward.ts'

const complaints = {
  empty: 'the answer is empty',
  marks: 'the answer has neither a letter nor a digit',
  opener: 'the answer announces an answer and gives none',
} as const

/**
 * `reward`, except for answers without substance: they get its least value (0 where its range is not known) with the reason
 * as feedback, and it is never asked about them; a listwise reward compares the others. It guards against empty talk
 * alone: what a judge is told inside a real answer is the fence's matter (`quoted`).
 */
export function hardened(reward: Reward): Reward {
  const least = reward.range?.[0] ?? 0
  return combination('hardened', named([reward]), reward.range, async (samples, signal) => {
    const missing = samples.map(({ completion }) => missingSubstance(completion.text))
    const asked = samples.flatMap((sample, at) => (missing[at] === undefined ? [{ sample, at }] : []))
    const answers = await ask(
      reward,
      asked.map(({ sample }) => sample),
      signal,
    )
    const byPlace = new Map(asked.map(({ at }, i) => [at, answers[i]]))
    return missing.map((kind, at): Score => {
      const answer = byPlace.get(at)
      if (answer !== undefined) return answer
      return scored(least, { feedback: complaints[kind ?? 'empty'] })
    })
  })
}
