/** /rank: answers to one prompt, the best first. */
import { z } from 'zod'
import { columns, completionText, json, promptMessages, route, scoreJson, spoken, unscoredSchema } from '../route.ts'

export const rank = route({
  path: '/rank',
  summary: 'Orders the answers to a prompt, the best first; what could not be scored is listed apart',
  request: z.object({
    prompt: spoken,
    completions: z.array(spoken),
    reference: json.optional(),
    meta: columns.optional(),
  }),
  response: z.object({
    ranking: z.array(z.object({ index: z.int(), value: z.number() })),
    unscored: z.array(unscoredSchema.extend({ index: z.int() })),
  }),
  question({ prompt, completions, reference, meta }) {
    const asked = {
      id: 'rank',
      messages: promptMessages(prompt),
      ...(reference === undefined ? {} : { reference }),
      ...(meta === undefined ? {} : { meta }),
    }
    return {
      samples: completions.map((said) => ({
        prompt: asked,
        completion: { text: completionText(said), finish: 'stop' },
      })),
      answer: (scores) => ({
        // Stable: equals stay in the order they came in.
        ranking: scores
          .flatMap((score, index) => (score.kind === 'scored' ? [{ index, value: score.value, score }] : []))
          .sort((a, b) => b.value - a.value)
          .map(({ index, score }) => ({ index, ...scoreJson(score) })),
        unscored: scores.flatMap((score, index) =>
          score.kind === 'unscored' ? [{ index, at: score.at, reason: score.reason }] : [],
        ),
      }),
    }
  },
})
