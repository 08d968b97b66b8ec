/** The schema of an answer, put into words. */
import type { z } from 'zod'
import type { Message } from '../data/message.ts'
import { jsonSchemaOf } from './jsonSchemaOf.ts'

/** The messages, with the request to answer in JSON of this schema at the end of the last message of the user. */
export function schemaInPrompt(messages: readonly Message[], schema: z.ZodType): Message[] {
  const request = `Answer with JSON alone, of this JSON Schema:\n${JSON.stringify(jsonSchemaOf(schema))}`
  const last = messages.at(-1)
  if (last?.role !== 'user') return [...messages, { role: 'user', content: request }]
  const content =
    typeof last.content === 'string'
      ? `${last.content}\n\n${request}`
      : [...last.content, { type: 'text', text: `\n\n${request}` } as const]
  return [...messages.slice(0, -1), { role: 'user', content }]
}
