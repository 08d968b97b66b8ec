/** JSON in a model's answer: the whole of it, in a fenced block, or somewhere in running text. */
import { messageOf } from '../data/error.ts'
import type { Json } from '../data/message.ts'

/** A value with the stretch of text it was read from, or why there is none. */
export type FoundJson =
  | { readonly kind: 'json'; readonly value: Json; readonly place: 'whole' | 'fence' | 'inside' }
  | { readonly kind: 'none'; readonly reason: string }

/** How deep values may be nested. Deeper ones are no answer anyone wants, and break whatever walks them. */
const deepest = 200

/**
 * The JSON of a text: the whole text where it parses; else the last fenced block (``` or ```json) that does; else the
 * last object or list standing in the text that does. Values nested deeper than 200 are refused. `none` carries the
 * parser's complaint about the most likely place.
 */
export function jsonIn(text: string): FoundJson {
  const whole = parseJson(text)
  if (whole.kind === 'json') return { ...whole, place: 'whole' }
  const blocks = Array.from(text.matchAll(/```[a-zA-Z]*[ \t]*\n?([^`]*)```/g), (found) => found[1])
  for (const block of blocks.reverse()) {
    const inner = parseJson(block)
    if (inner.kind === 'json') return { ...inner, place: 'fence' }
  }
  const inside = everyJsonIn(text).at(-1)
  if (inside !== undefined) return { kind: 'json', value: inside, place: 'inside' }
  return blocks.length > 0 ? parseJson(blocks[0]) : whole
}

/** A text that is JSON as a whole, white space around it allowed. */
export function parseJson(text: string): FoundJson {
  if (text.trim() === '') return { kind: 'none', reason: 'the text is empty' }
  if (depthOf(text) > deepest) return { kind: 'none', reason: `the JSON is nested deeper than ${deepest}` }
  try {
    const value: Json = JSON.parse(text)
    return { kind: 'json', value, place: 'whole' }
  } catch (thrown) {
    return { kind: 'none', reason: `not JSON: ${messageOf(thrown)}` }
  }
}

/** Every outermost {...} or [...] of a text that parses, in order (the first 100 places one could start are tried). */
export function everyJsonIn(text: string): Json[] {
  const found: Json[] = []
  let from = 0
  // Each failed start costs a walk to the end of the text, so their number is bounded.
  for (let tries = 0; tries < 100; tries++) {
    const start = text.slice(from).search(/[{[]/)
    if (start < 0) break
    const end = closing(text, from + start)
    const piece = end === undefined ? undefined : parseJson(text.slice(from + start, end))
    if (piece?.kind === 'json') found.push(piece.value)
    from = piece?.kind === 'json' && end !== undefined ? end : from + start + 1
  }
  return found
}

/** Where the bracket at `start` is closed, brackets inside strings left out. */
function closing(text: string, start: number): number | undefined {
  let depth = 0
  let quoted = false
  for (let i = start; i < text.length; i++) {
    const character = text[i]
    if (quoted) {
      if (character === '\\') i++
      else if (character === '"') quoted = false
    } else if (character === '"') quoted = true
    else if (character === '{' || character === '[') depth++
    else if ((character === '}' || character === ']') && --depth === 0) return i + 1
  }
  return undefined
}

/** The deepest nesting of brackets outside strings. */
function depthOf(text: string): number {
  let depth = 0
  let most = 0
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (quoted) {
      if (code === 0x5c) i++
      else if (code === 0x22) quoted = false
    } else if (code === 0x22) quoted = true
    else if (code === 0x7b || code === 0x5b) most = Math.max(most, ++depth)
    else if (code === 0x7d || code === 0x5d) depth--
  }
  return most
}
