/** A reward for what stands inside a tag: the answer, without the reasoning before it. */
import { type Score, scored } from '../data/score.ts'
import { taggedText } from '../text/taggedText.ts'
import { ask } from './ask.ts'
import { combination, named } from './combine.ts'
import type { Reward } from './reward.ts'

/**
 * `reward` on the text of the last `<tag>...</tag>` (or behind a `<tag>` never closed), white space at its ends left out.
 * Dense rewards of the inner reward are dropped, as they fit the text of the tag alone.
 *
 * @param options.missing an answer without the tag scores 0 and says so (the default), or is judged as a whole
 */
export function inTag(tag: string, reward: Reward, options: { readonly missing?: 'zero' | 'whole' } = {}): Reward {
  const { missing = 'zero' } = options
  const range = reward.range && ([Math.min(0, reward.range[0]), Math.max(0, reward.range[1])] as const)
  return combination(`inTag:${tag}`, named([reward]), range, async (samples, signal) => {
    const texts = samples.map(({ completion }) => taggedText(completion.text, tag))
    const judged = samples.flatMap((sample, at) => {
      const text = texts[at] ?? (missing === 'whole' ? sample.completion.text : undefined)
      const { finish } = sample.completion
      return text === undefined ? [] : [{ at, sample: { ...sample, completion: { text: text.trim(), finish } } }]
    })
    const answers = await ask(
      reward,
      judged.map(({ sample }) => sample),
      signal,
    )
    const byIndex = new Map(judged.map(({ at }, i) => [at, answers[i]]))
    return samples.map((_, at): Score => {
      const answer = byIndex.get(at)
      if (answer === undefined) return scored(0, { feedback: `there is no <${tag}> in the answer` })
      if (answer.kind === 'unscored') return answer
      const { steps: _steps, tokens: _tokens, ...rest } = answer
      return rest
    })
  })
}
