/** Several values of one shape made into one, and how far they were apart. */
import type { Json } from '../data/message.ts'
import { jsonEqual } from '../text/jsonEqual.ts'

/** What becomes of numbers. Everything else goes by majority. */
export type Combine = 'mean' | 'median' | 'majority'

/**
 * The values combined, entry by entry where they are objects or lists of one shape. Numbers: their mean, their median
 * (of an even number the mean of the middle two), or the most frequent (the mean of several such). Anything else: the
 * most frequent, of several such the first voter's. Prose (text of several words) is no vote: the first voter's stands.
 *
 * Spread: of numbers the standard deviation over n, of anything else the share of votes that the most frequent did not
 * get, of objects and lists the largest among their entries, of prose 0.
 */
export function combineVotes(
  votes: readonly Json[],
  combine: Combine,
): { readonly value: Json; readonly spread: number } {
  const [first] = votes
  if (votes.every((vote) => typeof vote === 'number')) return combineNumbers(votes, combine)
  if (votes.every(isList) && isList(first) && votes.every(({ length }) => length === first.length)) {
    const entries = first.map((_, i) =>
      combineVotes(
        votes.map((vote) => vote[i]),
        combine,
      ),
    )
    return { value: entries.map(({ value }) => value), spread: largest(entries) }
  }
  if (votes.every(isObject) && isObject(first)) {
    const keys = Object.keys(first)
    if (
      votes.every((vote) => keys.length === Object.keys(vote).length && keys.every((key) => Object.hasOwn(vote, key)))
    ) {
      const entries = keys.map((key) =>
        combineVotes(
          votes.map((vote) => vote[key]),
          combine,
        ),
      )
      return { value: Object.fromEntries(keys.map((key, i) => [key, entries[i].value])), spread: largest(entries) }
    }
  }
  if (votes.every(isProse)) return { value: first, spread: 0 }
  const [winner] = mostFrequent(votes)
  return { value: winner.value, spread: (votes.length - winner.count) / votes.length }
}

function combineNumbers(
  votes: readonly number[],
  combine: Combine,
): { readonly value: number; readonly spread: number } {
  const centre = mean(votes)
  const spread = Math.sqrt(mean(votes.map((vote) => (vote - centre) ** 2)))
  if (combine === 'mean') return { value: centre, spread }
  if (combine === 'majority') return { value: mean(mostFrequent(votes).map(({ value }) => value)), spread }
  const sorted = votes.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return { value: sorted.length % 2 === 1 ? sorted[middle] : mean(sorted.slice(middle - 1, middle + 1)), spread }
}

/** The values with the most votes, in the order in which they came up. */
function mostFrequent<T extends Json>(votes: readonly T[]): { readonly value: T; readonly count: number }[] {
  const tally: { readonly value: T; count: number }[] = []
  for (const vote of votes) {
    const known = tally.find(({ value }) => jsonEqual(value, vote))
    if (known === undefined) tally.push({ value: vote, count: 1 })
    else known.count++
  }
  const most = Math.max(...tally.map(({ count }) => count))
  return tally.filter(({ count }) => count === most)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function largest(entries: readonly { readonly spread: number }[]): number {
  return Math.max(0, ...entries.map(({ spread }) => spread))
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isProse(value: Json): boolean {
  return typeof value === 'string' && /\S\s+\S/.test(value)
}
