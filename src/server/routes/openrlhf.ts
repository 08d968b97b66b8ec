/**
 * /get_reward: what OpenRLHF sends to its remote reward URL. The answer is a number for every query, because anything else
 * stops its trainer; extra_logs.unscored is 1 beside the number of a sample that could not be scored.
 */
import { z } from 'zod'
import type { Completion, Sample } from '../../data/message.ts'
import type { Score } from '../../data/score.ts'
import { type About, json, numberOf, promptMessages, route, sameLength } from '../route.ts'

const texts = z.union([z.array(z.string()), z.string()])
const numbers = z.array(z.number())

export const openrlhf = route({
  path: '/get_reward',
  summary: "OpenRLHF's remote reward URL",
  request: z.looseObject({
    query: texts.meta({ description: 'prompt and response, decoded with special tokens' }),
    prompts: texts.optional().meta({ description: 'the templated prompts' }),
    labels: json.optional().meta({ description: "the rows' answers; '' where there is none" }),
  }),
  response: z.object({
    rewards: numbers,
    scores: numbers.meta({ description: 'the rewards, from 0 to 1 where the range is known' }),
    extra_logs: z.record(z.string(), numbers),
  }),
  question({ query, prompts, labels }) {
    const queries = listOf(query)
    const asked = prompts === undefined ? undefined : listOf(prompts)
    const known = labels === undefined ? undefined : listOf(labels)
    sameLength({ query: queries, prompts: asked, labels: known })
    return {
      samples: queries.map((text, i): Sample => {
        const prompt = asked?.[i] ?? ''
        const label = known?.[i]
        const completion: Completion = { text: responseOf(text, prompt), finish: 'stop' }
        const messages = promptMessages(prompt)
        // Written out twice, because spreading what is there or not takes as long as the rest of this together.
        if (label === undefined || label === null || label === '')
          return { prompt: { id: prompt, messages }, completion }
        return { prompt: { id: prompt, messages, reference: label }, completion }
      }),
      answer: (scores, about) => ({
        rewards: scores.map((score) => numberOf(score, about)),
        scores: scores.map((score) => scaled(numberOf(score, about), about)),
        extra_logs: logs(scores, about),
      }),
    }
  },
})

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? value : [value as T]
}

/**
 * The query without its prompt and without the tokens that end it. Where the prompt is no prefix of it (it was cut at the
 * left, or did not survive decoding), the whole query.
 */
function responseOf(query: string, prompt: string): string {
  // Compared as a slice: startsWith takes several times as long where the two are long and equal.
  return withoutEnd(query.slice(0, prompt.length) === prompt ? query.slice(prompt.length) : query)
}

/** Tokens that end an answer: <|im_end|>, <|eot_id|>, </s>, <eos>, <end_of_turn>, <｜end▁of▁sentence｜>. */
const endToken = /^(?:<[|｜][^<>|｜]+[|｜]>|<\/s>|<eos>|<pad>|<end_of_turn>)$/
const longestToken = 50

function withoutEnd(text: string): string {
  let rest = text
  for (;;) {
    const trimmed = rest.trimEnd()
    const start = trimmed.endsWith('>') ? trimmed.lastIndexOf('<') : -1
    if (start < Math.max(0, trimmed.length - longestToken) || !endToken.test(trimmed.slice(start))) return rest
    rest = trimmed.slice(0, start)
  }
}

function scaled(value: number, { range }: About): number {
  if (range === undefined || range[1] <= range[0]) return value
  return Math.min(1, Math.max(0, (value - range[0]) / (range[1] - range[0])))
}

/** Numbers alone: a text or a null here stops the trainer. */
function logs(scores: readonly Score[], about: About): Record<string, number[]> {
  const names = new Set(scores.flatMap((score) => (score.kind === 'scored' ? Object.keys(score.parts ?? {}) : [])))
  const parts = [...names].map((name) => [
    name,
    scores.map((score) =>
      score.kind === 'scored' ? (score.parts?.[name] ?? about.unscoredValue) : about.unscoredValue,
    ),
  ])
  return { ...Object.fromEntries(parts), unscored: scores.map((score) => (score.kind === 'unscored' ? 1 : 0)) }
}
