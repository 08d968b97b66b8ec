/**
 * Levenshtein's distance: the fewest insertions, deletions and substitutions that turn one text into the other, by
 * Myers' bit-parallel columns (Myers 1999; in blocks of 32 as Hyyrö 2003 states them). O(n·m / 32).
 */
import { pythonSplit } from './pythonText.ts'
import { positionMasks, tokenIds } from './tokenIds.ts'

export interface EditDistanceOptions {
  /** What is edited: Unicode code points (the default) or the runs between white space. */
  readonly unit?: 'characters' | 'words'
}

/** The number of edits between two texts. */
export function editDistance(a: string, b: string, options: EditDistanceOptions = {}): number {
  return distance(units(a, options), units(b, options))
}

/** 1 - edits / units of the longer text: 1 for equal texts (two empty ones too), 0 where nothing can be kept. */
export function editSimilarityOf(a: string, b: string, options: EditDistanceOptions = {}): number {
  const [first, second] = [units(a, options), units(b, options)]
  const longest = Math.max(first.length, second.length)
  return longest === 0 ? 1 : 1 - distance(first, second) / longest
}

function units(text: string, options: EditDistanceOptions): string[] {
  return options.unit === 'words' ? pythonSplit(text) : Array.from(text)
}

function distance(a: readonly string[], b: readonly string[]): number {
  // The shorter list is the one laid over the bits.
  if (a.length > b.length) return distance(b, a)
  if (a.length === 0) return b.length
  const ids = tokenIds(a, b)
  const words = (a.length + 31) >>> 5
  const masks = positionMasks(ids.a, ids.distinct, words)
  // Where the column of the table rises by one from the row above, and where it falls by one.
  const rises = new Int32Array(words).fill(-1)
  const falls = new Int32Array(words)
  const lastBit = 1 << ((a.length - 1) & 31)
  let result = a.length
  for (const id of ids.b) {
    const mask = id < ids.distinct ? id * words : -1
    // The first row of the table rises by one at each step.
    let carriedRise = 1
    let carriedFall = 0
    for (let w = 0; w < words; w++) {
      const rise = rises[w]
      const fall = falls[w]
      const here = mask < 0 ? 0 : masks[mask + w]
      const vertical = here | fall
      const equal = here | carriedFall
      const horizontal = (((equal & rise) + rise) ^ rise) | equal
      let right = fall | ~(horizontal | rise)
      let left = rise & horizontal
      if (w === words - 1) {
        if ((right & lastBit) !== 0) result++
        if ((left & lastBit) !== 0) result--
      }
      const nextRise = right >>> 31
      const nextFall = left >>> 31
      right = (right << 1) | carriedRise
      left = (left << 1) | carriedFall
      rises[w] = left | ~(vertical | right)
      falls[w] = right & vertical
      carriedRise = nextRise
      carriedFall = nextFall
    }
  }
  return result
}
