/** promptfoo's assertions that need nothing but the answer: what each says of a text. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Json } from '../../data/message.ts'
import { sentenceBleu } from '../../text/bleu.ts'
import { editDistance } from '../../text/editDistance.ts'
import { jsonEqual } from '../../text/jsonEqual.ts'
import { jsonIn, parseJson } from '../../text/jsonInText.ts'
import { isJsonObject } from '../judged/jsonObject.ts'
import { textSimilarity } from './textSimilarity.ts'

/** An assertion's score in [0, 1], and why it is not 1. */
export interface Checked {
  readonly score: number
  readonly reason?: string
}

type AssertionCheck = (output: string, value: Json, threshold: number | undefined) => Checked

export const assertionChecks: Readonly<Record<string, AssertionCheck>> = {
  equals: (output, value) => {
    const read = typeof value === 'string' ? undefined : parseJson(output)
    return yes(
      read?.kind === 'json' ? jsonEqual(read.value, value) : output === textOf(value),
      `it is not ${textOf(value)}`,
    )
  },
  contains: (output, value) => yes(output.includes(textOf(value)), `it has no '${textOf(value)}'`),
  icontains: (output, value) => yes(lower(output).includes(lower(textOf(value))), `it has no '${textOf(value)}'`),
  'contains-any': (output, value) => any(output, listOf(value)),
  'contains-all': (output, value) => all(output, listOf(value)),
  'icontains-any': (output, value) => any(lower(output), listOf(value).map(lower)),
  'icontains-all': (output, value) => all(lower(output), listOf(value).map(lower)),
  'starts-with': (output, value) => yes(output.startsWith(textOf(value)), `it does not start with '${textOf(value)}'`),
  regex: (output, value) => yes(new RegExp(textOf(value)).test(output), `/${textOf(value)}/ is not found`),
  'is-json': (output, value) => {
    const read = parseJson(output)
    return read.kind === 'json' ? fits(read.value, value) : { score: 0, reason: read.reason }
  },
  'contains-json': (output, value) => {
    const read = jsonIn(output)
    return read.kind === 'json' ? fits(read.value, value) : { score: 0, reason: read.reason }
  },
  levenshtein: (output, value, threshold = 5) => {
    const edits = editDistance(output, textOf(value))
    return yes(edits <= threshold, `${edits} edits, at most ${threshold} are allowed`)
  },
  'rouge-n': (output, value, threshold = 0.75) => atLeast(textSimilarity('rouge_1', output, textOf(value)), threshold),
  bleu: (output, value, threshold = 0.5) =>
    atLeast(Math.min(1, sentenceBleu(output, listOf(value)).score / 100), threshold),
  gleu: (output, value, threshold = 0.5) =>
    atLeast(Math.max(...listOf(value).map((reference) => textSimilarity('gleu', output, reference))), threshold),
  'word-count': (output, value) => {
    const words = output.split(/\s+/).filter(Boolean).length
    if (!isJsonObject(value)) return yes(words === Number(textOf(value)), `it has ${words} words`)
    const { min = 0, max = Number.MAX_SAFE_INTEGER } = value
    return yes(words >= Number(min) && words <= Number(max), `it has ${words} words`)
  },
}

function yes(passed: boolean, reason: string): Checked {
  return passed ? { score: 1 } : { score: 0, reason }
}

/** The metric itself where it reaches the threshold, 0 below: promptfoo's score of a failed assertion. */
function atLeast(value: number, threshold: number): Checked {
  return value >= threshold ? { score: value } : { score: 0, reason: `${value.toFixed(3)} is below ${threshold}` }
}

function any(output: string, list: readonly string[]): Checked {
  return yes(
    list.some((each) => output.includes(each)),
    `it has none of ${list.join(', ')}`,
  )
}

function all(output: string, list: readonly string[]): Checked {
  const missing = list.filter((each) => !output.includes(each))
  return yes(missing.length === 0, `it has no ${missing.join(', ')}`)
}

function fits(found: Json, schema: Json): Checked {
  if (!isJsonObject(schema)) return { score: 1 }
  const ajv = new Ajv2020({ strict: false, logger: false })
  const copy = JSON.parse(JSON.stringify(schema))
  return ajv.validate(copy, found) ? { score: 1 } : { score: 0, reason: ajv.errorsText() }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A list, or a text with commas between its entries. */
function listOf(value: Json): string[] {
  if (Array.isArray(value)) return value.map(textOf)
  return textOf(value)
    .split(',')
    .map((each) => each.trim())
}

function lower(text: string): string {
  return text.toLowerCase()
}
