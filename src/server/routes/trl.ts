/** /trl: the arguments of a TRL reward function. Null is what TRL calls None: no reward, left out of the sample's sum. */
import { z } from 'zod'
import type { Sample } from '../../data/message.ts'
import { completionText, json, promptId, promptMessages, route, sameLength, spoken, unscoredSchema } from '../route.ts'

export const trl = route({
  path: '/trl',
  summary: "TRL's reward functions over HTTP",
  request: z.object({
    prompts: z.array(spoken),
    completions: z.array(spoken),
    columns: z.record(z.string(), z.array(json)).optional(),
    reference: z.string().optional().meta({ description: "the column of the known answer (default: 'reference')" }),
  }),
  response: z.object({
    rewards: z.array(z.number().nullable()),
    parts: z.record(z.string(), z.array(z.number().nullable())),
    unscored: z.array(unscoredSchema.extend({ index: z.int() })),
  }),
  question({ prompts, completions, columns = {}, reference = 'reference' }) {
    sameLength({ completions, prompts, ...columns })
    const { [reference]: known, ...others } = columns
    const names = Object.keys(others)
    return {
      samples: prompts.map((said, i): Sample => {
        const answer = known?.[i]
        return {
          prompt: {
            id: promptId(said),
            messages: promptMessages(said),
            ...(answer === undefined || answer === null ? {} : { reference: answer }),
            meta: Object.fromEntries(names.map((name) => [name, others[name][i]])),
          },
          completion: { text: completionText(completions[i]), finish: 'stop' },
        }
      }),
      answer(scores) {
        const found = new Set(
          scores.flatMap((score) => (score.kind === 'scored' ? Object.keys(score.parts ?? {}) : [])),
        )
        const column = (name: string) =>
          scores.map((score) => (score.kind === 'scored' ? (score.parts?.[name] ?? null) : null))
        return {
          rewards: scores.map((score) => (score.kind === 'scored' ? score.value : null)),
          parts: Object.fromEntries([...found].map((name) => [name, column(name)])),
          unscored: scores.flatMap((score, index) =>
            score.kind === 'unscored' ? [{ index, at: score.at, reason: score.reason }] : [],
          ),
        }
      },
    }
  },
})
