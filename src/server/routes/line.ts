/** One line of /stream: a sample in, its score out. */
import { route, scoreJson } from '../route.ts'
import { sampleOf, sampleSchema, scoreSchema } from './score.ts'

export const line = route({
  path: '/stream',
  summary:
    'A stream of samples, one JSON object a line, scored as they come. Each line of the answer holds the index of its sample and its score; answers come as they are ready',
  request: sampleSchema,
  response: scoreSchema,
  question: (body) => ({ samples: [sampleOf(body)], answer: ([score]) => scoreJson(score) }),
})
