/**
 * Relaxed accuracy for values read off a chart (ChartQA, Masry et al. 2022: 5%), the chart reward of Mixed-R1 (arXiv
 * 2505.24164; its formula could not be read, so ChartQA's is used). For numbers a (answer) and g (reference),
 *
 *     value = 1 where |a - g| <= tolerance · |g|, else 0;   with `continuous`, max(0, 1 - |a - g| / max(|g|, 1e-8))
 *
 * Texts are compared as `normalisedMatch` does. A list is the mean over positions, by the longer list's length.
 */
import type { Json } from '../data/message.ts'
import { scored, unscored } from '../data/score.ts'
import { extractNumber, parseNumber } from '../text/number.ts'
import { plainAnswer } from '../text/plainAnswer.ts'
import { defineReward, type Reward } from './reward.ts'

export interface ChartToleranceOptions {
  /** The relative error allowed. Default 0.05. */
  readonly tolerance?: number
  /** Pays for closeness instead of for being within the tolerance. Default false. */
  readonly continuous?: boolean
}

/**
 * The reference is a number, a text ('$1,200', '45%', 'Brazil') or a list of them. Signs of percent and currency are left
 * out on both sides: 45% and 45 are equal, 0.45 is another number. An answer to a list is a JSON list, or entries
 * separated by semicolons, line ends, or commas followed by a space.
 */
export function chartTolerance(options: ChartToleranceOptions = {}): Reward {
  return defineReward(
    'chartTolerance',
    ({ prompt, completion }) => {
      const { reference } = prompt
      const wanted = (Array.isArray(reference) ? reference : [reference]).map(entryOf)
      if (wanted.length === 0 || wanted.includes(undefined)) {
        return unscored('reward', `prompt '${prompt.id}' has no number, text or list of them as its reference`)
      }
      const given = Array.isArray(reference) ? entriesIn(completion.text) : [completion.text]
      const worth = wanted.map((entry, i) => worthOf(given[i], entry ?? '', options))
      const value = worth.reduce((sum, each) => sum + each, 0) / Math.max(given.length, wanted.length)
      if (value === 1) return scored(1)
      const missed = worth.findIndex((each) => each < 1)
      const place = Array.isArray(reference) ? ` at position ${Math.max(0, missed) + 1}` : ''
      const feedback =
        missed < 0
          ? `${given.length} entries given, ${wanted.length} wanted`
          : `expected ${wanted[missed]}, found ${(given[missed] ?? 'nothing').trim().slice(0, 80)}${place}`
      return scored(value, { feedback })
    },
    { range: [0, 1] },
  )
}

function entryOf(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : undefined
}

function entriesIn(text: string): string[] {
  try {
    const list: unknown = JSON.parse(text)
    if (Array.isArray(list)) return list.map(String)
  } catch {
    // Not JSON: a list in plain writing.
  }
  const bare = text.trim().replace(/^\[|\]$/g, '')
  return bare.split(/;|\n|,\s/).filter((entry) => entry.trim() !== '')
}

function worthOf(given: string | undefined, wanted: string, options: ChartToleranceOptions): number {
  if (given === undefined) return 0
  const target = decimal(parseNumber(wanted))
  if (target === undefined) return plainAnswer(given) === plainAnswer(wanted) ? 1 : 0
  const answer = decimal(parseNumber(given) ?? extractNumber(given))
  if (answer === undefined) return 0
  const error = Math.abs(answer - target)
  if (options.continuous) return Math.max(0, 1 - error / Math.max(Math.abs(target), 1e-8))
  // A rounding error must not turn 5% into more than 5%.
  return error <= (options.tolerance ?? 0.05) * Math.abs(target) * (1 + 1e-12) ? 1 : 0
}

function decimal(number: { numerator: bigint; denominator: bigint } | undefined): number | undefined {
  if (number === undefined) return undefined
  const value = Number(number.numerator) / Number(number.denominator)
  return Number.isFinite(value) ? value : undefined
}
