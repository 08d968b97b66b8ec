/** /promptfoo: the webhook assertion of promptfoo. It passes where the score is the reward's greatest. */
import { z } from 'zod'
import { userPrompt } from '../../data/message.ts'
import type { Score } from '../../data/score.ts'
import { succeeded } from '../../train/evaluate.ts'
import { type About, columns, route } from '../route.ts'

export const promptfoo = route({
  path: '/promptfoo',
  summary: "promptfoo's webhook assertion; the reference is the variable 'reference'",
  request: z.object({
    output: z.string(),
    context: z.looseObject({ prompt: z.string().nullish(), vars: columns.nullish() }).nullish(),
  }),
  response: z.object({ pass: z.boolean(), score: z.number(), reason: z.string() }),
  question({ output, context }) {
    const { reference, ...meta } = context?.vars ?? {}
    return {
      samples: [
        {
          prompt: userPrompt('promptfoo', context?.prompt ?? '', reference, meta),
          completion: { text: output, finish: 'stop' },
        },
      ],
      answer: ([score], about) => verdict(score, about),
    }
  },
})

function verdict(score: Score, { name, range, unscoredValue }: About) {
  if (score.kind === 'unscored')
    return { pass: false, score: unscoredValue, reason: `not scored (${score.at}): ${score.reason}` }
  const pass = succeeded(score, range === undefined ? {} : { range })
  return { pass, score: score.value, reason: score.feedback ?? `${name} gave ${score.value}` }
}
