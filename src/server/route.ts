/**
 * A route: the shape of a request some program sends, how it asks for scores, and the shape of the answer it expects.
 * Routes know neither HTTP nor the reward; the same schemas check requests and describe them in the OpenAPI document.
 */
import { z } from 'zod'
import { messagesOf } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import type { Json, Message, Sample } from '../data/message.ts'
import type { Score, Unscored } from '../data/score.ts'
import { check } from '../train/schema.ts'

/** What an answer may say of the reward. */
export interface About {
  readonly name: string
  readonly range: readonly [number, number] | undefined
  /** Stands for an unscored sample where the caller's format demands a number: the least of the range, or 0. */
  readonly unscoredValue: number
}

/** A request that was understood. */
export interface Question {
  readonly samples: readonly Sample[]
  /** The response's body, from one score for each sample. */
  answer(scores: readonly Score[], about: About): unknown
}

export interface Route {
  readonly path: string
  readonly summary: string
  readonly request: z.ZodType
  readonly response: z.ZodType
  /** Throws a GuerdonError where the body has another shape. */
  question(body: unknown): Question
}

export function route<Request extends z.ZodType>(spec: {
  readonly path: string
  readonly summary: string
  readonly request: Request
  readonly response: z.ZodType
  readonly question: (body: z.output<Request>) => Question
}): Route {
  return {
    ...spec,
    question: (body) => spec.question(checked(spec.request, body)),
  }
}

/** The body in this shape. Throws a GuerdonError that says what is wrong with it. */
export function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  const found = check(schema, body)
  const problems = 'problems' in found ? found.problems : []
  const said = problems.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
  )
  throw new GuerdonError(said.slice(0, 10).join('; ').slice(0, 2000))
}

/** Whether a body has one of these keys, where a route takes several shapes: an error is then about the one that was meant. */
export function has(body: unknown, ...keys: readonly string[]): boolean {
  return typeof body === 'object' && body !== null && keys.some((key) => key in body)
}

/** Any JSON value. What JSON.parse made needs no second look. */
export const json = z
  .custom<Json>(() => true)
  .meta({ description: 'any JSON value', type: ['null', 'boolean', 'number', 'string', 'array', 'object'] })

/** A text, or a list of chat messages. */
export const spoken = z.union([
  z.string(),
  z.array(z.looseObject({ role: z.string(), content: z.union([z.string(), z.null(), z.array(json)]) })),
])
export type Spoken = z.output<typeof spoken>

/** Columns of a data set beside the prompt. */
export const columns = z.record(z.string(), json)

export const unscoredSchema = z.object({ at: z.string(), reason: z.string() })

/** A prompt as messages; a text is what a user says. Throws a GuerdonError for roles that there are not. */
export function promptMessages(said: Spoken): readonly Message[] {
  if (typeof said === 'string') return [{ role: 'user', content: said }]
  if (said.length === 0) return []
  const messages = messagesOf(
    said.map(({ role, content }) => ({ role: role === 'developer' ? 'system' : role, content: flat(content) })),
  )
  if (messages !== undefined) return messages
  throw new GuerdonError(
    `a message's role is one of system, developer, user, assistant, tool; got ${said
      .map(({ role }) => `'${role}'`)
      .join(', ')
      .slice(0, 200)}`,
  )
}

/** An answer as a text: what the assistant says, tool calls and tools left out. */
export function completionText(said: Spoken): string {
  if (typeof said === 'string') return said
  return said.flatMap(({ role, content }) => (role === 'assistant' ? flat(content) : [])).join('')
}

/** Prompts that are the same are one group, which is what listwise rewards go by. */
export function promptId(said: Spoken): string {
  return typeof said === 'string' ? said : JSON.stringify(said)
}

function flat(content: string | null | readonly Json[]): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => (isText(part) ? part.text : '')).join('')
}

function isText(part: Json): part is { readonly text: string } {
  return typeof part === 'object' && part !== null && 'text' in part && typeof part.text === 'string'
}

/** The value of a score as a number, come what may; the format must say beside it which ones are unscored. */
export function numberOf(score: Score, about: About): number {
  return score.kind === 'scored' ? score.value : about.unscoredValue
}

/** A score as JSON: its numbers, or where it failed and why. Never a number for what was not scored. */
export function scoreJson(score: Score): Record<string, unknown> {
  if (score.kind === 'unscored') return { unscored: unscoredJson(score) }
  const { kind: _, steps, tokens, ...rest } = score
  return {
    ...rest,
    ...(steps === undefined ? {} : { steps: Array.from(steps) }),
    ...(tokens === undefined ? {} : { tokens: Array.from(tokens) }),
  }
}

function unscoredJson({ at, reason }: Unscored) {
  return { at, reason }
}

/** Throws unless all lists are as long as the first. */
export function sameLength(lists: Readonly<Record<string, readonly unknown[] | undefined>>): void {
  let first: number | undefined
  let same = true
  for (const name in lists) {
    const length = lists[name]?.length
    first ??= length
    same &&= length === undefined || length === first
  }
  if (same) return
  const there = Object.entries(lists).flatMap(([name, list]) =>
    list === undefined ? [] : [{ name, length: list.length }],
  )
  throw new GuerdonError(
    `lists of different lengths: ${there.map(({ name, length }) => `${name} has ${length}`).join(', ')}`,
  )
}
