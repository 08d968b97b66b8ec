/** What makes two questions to a judge the same question: the key of the cache. */
import { createHash } from 'node:crypto'
import type { AnyQuestion } from './defineJudge.ts'
import { jsonSchemaOf } from './jsonSchemaOf.ts'
import type { Judge } from './judge.ts'

/** Raised when answers are read differently from the same words, so that old entries are not mistaken for new. */
const readingRules = 1

/**
 * SHA-256 of the judge's identity, the messages (images by their bytes), the schema, temperature, token limit, seed and
 * repetition; and of the choices, where log-probs are asked for. In hexadecimal.
 */
export function cacheKey(judge: Judge, question: AnyQuestion, choices?: readonly string[]): string {
  const { messages, schema, temperature = 0, maxTokens = null, seed = 0, repetition = 0 } = question
  const material = {
    readingRules,
    judge: judge.identity ?? judge.name,
    messages: messages.map(({ role, content }) => [
      role,
      typeof content === 'string'
        ? content
        : content.map((part) =>
            part.type === 'text' ? part.text : [part.mediaType, Buffer.from(part.bytes).toString('base64')],
          ),
    ]),
    schema: schema === undefined ? null : jsonSchemaOf(schema),
    temperature,
    maxTokens,
    seed,
    repetition,
    choices: choices ?? null,
  }
  return createHash('sha256').update(JSON.stringify(material)).digest('hex')
}
