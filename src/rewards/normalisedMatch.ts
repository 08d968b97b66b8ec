/** Equality after tidying up: the matching reward of Mixed-R1 (arXiv 2505.24164) for yes/no and short-text answers. */
import { scored } from '../data/score.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/**
 * 1 where the answer equals a reference text once both are in lower case, without white space at their ends, with single
 * spaces inside, and without punctuation at the end; else 0.
 */
export function normalisedMatch(): Reward {
  return againstReferences('normalisedMatch', (answer, references) => {
    const given = normalised(answer)
    const wanted = references.map(normalised)
    if (wanted.includes(given)) return scored(1)
    return scored(0, { feedback: `expected '${wanted[0].slice(0, 80)}', found '${given.slice(0, 80)}'` })
  })
}

/** The form in which answers are compared. */
export function normalised(text: string): string {
  const tidy = text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
  // A loop instead of an expression anchored at the end, which would try every start of a long run of marks.
  let end = tidy.length
  while (end > 0 && '.,;:!?。！？ '.includes(tidy[end - 1])) end--
  return tidy.slice(0, end)
}
