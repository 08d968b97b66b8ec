/** Closeness to the reference by edits (Levenshtein 1966). */
import { scored } from '../data/score.ts'
import { type EditDistanceOptions, editSimilarityOf } from '../text/editDistance.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/** 1 - edits / length of the longer text, for the nearest of the reference texts. White space at the ends is left out. */
export function editSimilarity(options: EditDistanceOptions = {}): Reward {
  return againstReferences('editSimilarity', (answer, references) => {
    const similarities = references.map((reference) => editSimilarityOf(answer.trim(), reference.trim(), options))
    return scored(Math.max(...similarities))
  })
}
