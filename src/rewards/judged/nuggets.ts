/**
 * An answer against its nuggets, the atomic facts it should hold ("An Efficient Rubric-based Generative Verifier for
 * Search-Augmented LLMs", arXiv 2510.14660): a verifier labels up to ten a call, and
 *
 *     R = Σ_i w_i V(label_i) / Σ_i w_i,   V = 1 support, 1/2 partial_support, 0 not_support
 */
import { z } from 'zod'
import type { Json, Prompt } from '../../data/message.ts'
import { scored, type Unscored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askOnce } from './askJudge.ts'
import { isJsonObject } from './jsonObject.ts'
import { conversationText, judgePrompt } from './judgePrompt.ts'
import { type NuggetLabel, nuggetLabels, nuggetReward, nuggetValues } from './nuggetLabels.ts'

export interface NuggetsOptions {
  /** Nuggets a call. Default 10. */
  readonly chunk?: number
  /** What a label is worth. Default 1, 1/2, 0. */
  readonly worth?: Readonly<Record<NuggetLabel, number>>
}

interface Nugget {
  readonly text: string
  readonly weight: number
}

/**
 * The weighted share of the prompt's nuggets that its answer supports. The reference is a nugget, or a list of texts or
 * of { text, weight } (weights above 0, default 1). Parts: `support`, `partial`, `missing` (counts). The feedback has each
 * nugget's label. Unscored where a call brings no label for each of its nuggets.
 */
export function nuggets(judge: Judge, options: NuggetsOptions = {}): Reward {
  const { chunk = 10, worth = nuggetValues } = options
  return defineReward(
    'nuggets',
    async ({ prompt, completion }, signal) => {
      const list = nuggetsOf(prompt)
      if ('kind' in list) return list
      if (completion.text.trim() === '') return scored(0, { feedback: 'the answer is empty' })
      const chunks = Array.from({ length: Math.ceil(list.length / chunk) }, (_, i) =>
        list.slice(i * chunk, (i + 1) * chunk),
      )
      const found = await Promise.all(
        chunks.map((some) => labelled(judge, conversationText(prompt), completion.text, some, signal)),
      )
      const labels: NuggetLabel[] = []
      for (const each of found) {
        if ('kind' in each) return each
        labels.push(...each.value.labels)
      }
      const count = (label: NuggetLabel) => labels.filter((each) => each === label).length
      return scored(
        nuggetReward(
          labels,
          list.map(({ weight }) => weight),
          worth,
        ),
        {
          parts: { support: count('support'), partial: count('partial_support'), missing: count('not_support') },
          feedback: list.map(({ text }, i) => `${labels[i]}: ${text}`).join('\n'),
        },
      )
    },
    { range: [Math.min(...Object.values(worth)), Math.max(...Object.values(worth))] },
  )
}

function labelled(judge: Judge, question: string, answer: string, some: readonly Nugget[], signal?: AbortSignal) {
  const schema = z.object({ reasoning: z.string(), labels: z.array(z.enum(nuggetLabels)).length(some.length) })
  const messages = judgePrompt({
    task: 'You check which facts a passage supports, by the passage alone.',
    fields: [
      ['Question', question],
      ['Passage', answer],
      ['Facts', some.map(({ text }, i) => `${i + 1}. ${text}`).join('\n')],
    ],
    answer: [
      'Label each fact, the first rule that holds:',
      '1. The passage says the opposite: not_support.',
      '2. All that is essential (who, what, amounts, dates, conditions, words such as always or may) is stated: support.',
      '3. Some of it is stated and the rest is missing, hedged or vague, or follows by a small safe step: partial_support.',
      '4. Otherwise: not_support.',
      `Answer with JSON: {"reasoning": "...", "labels": [${some.length} labels, in the order of the facts]}`,
    ].join('\n'),
  })
  return askOnce(judge, { messages, schema, temperature: 0 }, signal)
}

function nuggetsOf({ id, reference }: Prompt): readonly Nugget[] | Unscored {
  const list: readonly Json[] = Array.isArray(reference) ? reference : reference === undefined ? [] : [reference]
  const found = list.flatMap((entry): Nugget[] => {
    if (typeof entry === 'string') return [{ text: entry, weight: 1 }]
    if (!isJsonObject(entry) || typeof entry.text !== 'string') return []
    const { text, weight = 1 } = entry
    return typeof weight === 'number' && weight > 0 ? [{ text, weight }] : []
  })
  if (found.length > 0 && found.length === list.length) return found
  return unscored('reward', `the reference of prompt '${id}' is no list of nuggets (texts, or text and weight above 0)`)
}
