/** One reward behind another: format before accuracy, a cheap check before a dear judge. */
import type { Score } from '../data/score.ts'
import { scored, unscored } from '../data/score.ts'
import { ask } from './ask.ts'
import { combination, kept, knownRanges, named } from './combine.ts'
import type { Reward } from './reward.ts'

/**
 * `reward` where `condition` scores above `threshold`, 0 elsewhere. Where the condition fails the reward is not asked,
 * and the 0 keeps the condition's value and feedback. A listwise reward is still shown all of a prompt's samples, as
 * soon as one of them passes. The passed score's dense rewards are kept, the condition's are not.
 *
 * @param threshold default 0: any positive value passes
 */
export function gate(condition: Reward, reward: Reward, options: { readonly threshold?: number } = {}): Reward {
  const { threshold = 0 } = options
  const inner = named([condition, reward])
  const [first, second] = inner
  const ranges = knownRanges([second])
  const range = ranges && ([Math.min(0, ranges[0][0]), Math.max(0, ranges[0][1])] as const)
  return combination('gate', inner, range, async (samples, signal) => {
    const conditions = await ask(condition, samples, signal)
    const passes = conditions.map((score) => score.kind === 'scored' && score.value > threshold)
    const prompts = new Set(samples.flatMap((sample, at) => (passes[at] ? sample.prompt.id : [])))
    const asked = samples.flatMap((sample, at) =>
      passes[at] || (reward.listwise === true && prompts.has(sample.prompt.id)) ? at : [],
    )
    const answers = await ask(
      reward,
      asked.map((at) => samples[at]),
      signal,
    )
    const byIndex = new Map(asked.map((at, i) => [at, answers[i]]))
    return conditions.map((score, at): Score => {
      if (score.kind === 'unscored') return unscored(score.at, `${first.name}: ${score.reason}`)
      const answer = passes[at] ? byIndex.get(at) : undefined
      if (answer === undefined) return scored(0, kept([[first.name, score]]))
      if (answer.kind === 'unscored') return unscored(answer.at, `${second.name}: ${answer.reason}`)
      const both = kept([
        [first.name, score],
        [second.name, answer],
      ])
      return { ...answer, ...both }
    })
  })
}
