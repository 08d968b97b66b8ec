/** /score: Guerdon's own shape, and that of vLLM's score endpoint (query and document are prompt and completion). */
import { z } from 'zod'
import { GuerdonError } from '../../data/error.ts'
import type { Sample } from '../../data/message.ts'
import {
  checked,
  columns,
  completionText,
  has,
  json,
  numberOf,
  promptId,
  promptMessages,
  type Question,
  type Route,
  scoreJson,
  spoken,
  unscoredSchema,
} from '../route.ts'

export const sampleSchema = z.object({
  prompt: spoken.optional(),
  completion: spoken,
  reference: json.optional(),
  meta: columns.optional(),
  id: z.string().optional().meta({ description: 'names the prompt; samples with the same one are a group' }),
  finish: z.enum(['stop', 'length']).optional(),
})

export const scoreSchema = z.object({
  value: z.number().optional(),
  parts: z.record(z.string(), z.number()).optional(),
  steps: z.array(z.number()).optional(),
  tokens: z.array(z.number()).optional(),
  feedback: z.string().optional(),
  confidence: z.number().optional(),
  unscored: unscoredSchema
    .optional()
    .meta({ description: 'there instead of a value where the reward could not answer' }),
})

const texts = z.union([z.string(), z.array(z.string())])
const pairs = z.looseObject({
  queries: texts.optional(),
  documents: texts.optional(),
  items: texts.optional(),
  text_1: texts.optional(),
  text_2: texts.optional(),
  data_1: texts.optional(),
  data_2: texts.optional(),
})
const own = z.object({ samples: z.array(sampleSchema) })

export const score: Route = {
  path: '/score',
  summary: 'Scores samples, or pairs of texts in the shape of vLLM',
  request: z.union([own, pairs]),
  response: z.union([
    z.object({ scores: z.array(scoreSchema) }),
    z.object({
      object: z.string(),
      data: z.array(z.object({ index: z.int(), object: z.string(), score: z.number() })),
    }),
  ]),
  question: (body) =>
    has(body, 'queries', 'text_1', 'data_1') ? pairsQuestion(checked(pairs, body)) : ownQuestion(checked(own, body)),
}

function ownQuestion({ samples }: z.output<typeof own>): Question {
  return { samples: samples.map(sampleOf), answer: (scores) => ({ scores: scores.map(scoreJson) }) }
}

export function sampleOf({
  prompt = '',
  completion,
  reference,
  meta,
  id,
  finish = 'stop',
}: z.output<typeof sampleSchema>): Sample {
  return {
    prompt: {
      id: id ?? promptId(prompt),
      messages: promptMessages(prompt),
      ...(reference === undefined ? {} : { reference }),
      ...(meta === undefined ? {} : { meta }),
    },
    completion: { text: completionText(completion), finish },
  }
}

function pairsQuestion(body: z.output<typeof pairs>): Question {
  const [left, right] = [
    body.queries ?? body.text_1 ?? body.data_1,
    body.documents ?? body.items ?? body.text_2 ?? body.data_2,
  ]
  if (left === undefined || right === undefined)
    throw new GuerdonError("expected 'queries' and 'documents' ('text_1' and 'text_2', 'data_1' and 'data_2')")
  const completions = typeof right === 'string' ? [right] : right
  const prompts =
    typeof left === 'string' ? completions.map(() => left) : left.length === 1 ? completions.map(() => left[0]) : left
  if (prompts.length !== completions.length)
    throw new GuerdonError(`${prompts.length} queries for ${completions.length} documents: give one, or one for each`)
  return {
    samples: prompts.map((prompt, i) => ({
      prompt: { id: prompt, messages: promptMessages(prompt) },
      completion: { text: completions[i], finish: 'stop' },
    })),
    answer: (scores, about) => ({
      object: 'list',
      model: about.name,
      data: scores.map((found, index) => ({
        index,
        object: 'score',
        score: numberOf(found, about),
        ...(found.kind === 'scored' ? {} : scoreJson(found)),
      })),
    }),
  }
}
