/**
 * What a judge said, read: the value its question asked for, or why there is none. The rules, in order: thinking is
 * left out; a text that is JSON as a whole, else the one JSON value in it that fits the schema; two different ones that
 * fit are two verdicts and none; bare words where the schema takes a string. Nothing is ever guessed from prose.
 */
import { z } from 'zod'
import { messageOf } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import { jsonEqual } from '../text/jsonEqual.ts'
import { everyJsonIn, jsonIn } from '../text/jsonInText.ts'
import type { Answer, Answered, Question, Unanswered, Usage } from './judge.ts'
import { isRefusal } from './refusal.ts'

/** A model's words as they came. `refused`: the provider itself says that the model or its filter declined. */
export interface Said {
  readonly kind: 'said'
  readonly text: string
  readonly finish: 'stop' | 'length' | 'refused'
  readonly usage: Usage
}

/** The answer in what was said. Without a schema the value is the text after any thinking. */
export function readAnswer<T>(said: Said, question: Question<T>): Answer<T> {
  const { text, usage } = said
  const none = (reason: string): Unanswered => ({ ok: false, at: 'judge', reason, text, usage })
  const cut = said.finish === 'length' ? `cut off after ${usage.outputTokens} tokens` : undefined
  const words = afterThinking(text)
  if (said.finish === 'refused') return none(`the judge refused: ${shown(words)}`)
  if (words.trim() === '') return none(cut === undefined ? 'the answer is empty' : `${cut}, before any answer`)
  const found = question.schema === undefined ? freeText<T>(words) : valueIn(words, question.schema)
  if (found.kind === 'none') return none(cut === undefined ? found.reason : `${cut}: ${found.reason}`)
  const answer: Answered<T> = { ok: true, value: found.value, text, usage, cached: false }
  return cut === undefined ? answer : { ...answer, cut: true }
}

type Found<T> = { readonly kind: 'value'; readonly value: T } | { readonly kind: 'none'; readonly reason: string }

function freeText<T>(words: string): Found<T> {
  if (isRefusal(words)) return { kind: 'none', reason: `the judge refused: ${shown(words)}` }
  // A question without a schema asks for the text: its T is string.
  const value: unknown = words
  return { kind: 'value', value: value as T }
}

function valueIn<T>(words: string, schema: z.ZodType<T>): Found<T> {
  const found = jsonIn(words)
  const candidates = found.kind === 'none' || found.place === 'whole' ? [] : everyJsonIn(words)
  if (found.kind === 'json' && !candidates.some((other) => jsonEqual(other, found.value))) candidates.push(found.value)
  const read = candidates.map((json) => ({ json, result: parsed(json, schema) }))
  const fitting = read.filter(({ result }) => result.kind === 'value')
  const last = fitting.at(-1)
  if (last !== undefined) {
    const other = fitting.find(({ json }) => !jsonEqual(json, last.json))
    return other === undefined ? last.result : { kind: 'none', reason: twoVerdicts(other.json, last.json) }
  }
  if (isRefusal(words)) return { kind: 'none', reason: `the judge refused: ${shown(words)}` }
  const bare = parsed(words.trim(), schema)
  if (bare.kind === 'value') return bare
  return read.at(-1)?.result ?? { kind: 'none', reason: found.kind === 'none' ? found.reason : bare.reason }
}

function parsed<T>(value: Json, schema: z.ZodType<T>): Found<T> {
  try {
    const result = schema.safeParse(value)
    if (result.success) return { kind: 'value', value: result.data }
    return { kind: 'none', reason: `${shown(JSON.stringify(value))} does not fit: ${z.prettifyError(result.error)}` }
  } catch (thrown) {
    return { kind: 'none', reason: `the schema threw: ${messageOf(thrown)}` }
  }
}

function twoVerdicts(one: Json, other: Json): string {
  return `two verdicts that differ: ${shown(JSON.stringify(one))} and ${shown(JSON.stringify(other))}`
}

/** What stands after a reasoning model's thoughts; nothing where they never ended. */
function afterThinking(text: string): string {
  const end = text.lastIndexOf('</think>')
  if (end >= 0) return text.slice(end + '</think>'.length)
  return text.trimStart().startsWith('<think>') ? '' : text
}

function shown(text: string): string {
  const line = text.trim().replaceAll(/\s+/g, ' ')
  return line.length > 100 ? `${line.slice(0, 100)}…` : line
}
