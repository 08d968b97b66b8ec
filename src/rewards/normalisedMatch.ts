/** Equality after tidying up: the matching reward of Mixed-R1 (arXiv 2505.24164) for yes/no and short-text answers. */
import { scored } from '../data/score.ts'
import { plainAnswer } from '../text/plainAnswer.ts'
import { againstReferences } from './againstReferences.ts'
import type { Reward } from './reward.ts'

/**
 * 1 where the answer equals a reference text once both are in lower case, without white space at their ends, with single
 * spaces inside, and without punctuation at the end; else 0.
 */
export function normalisedMatch(): Reward {
  return againstReferences('normalisedMatch', (answer, references) => {
    const given = plainAnswer(answer)
    const wanted = references.map(plainAnswer)
    if (wanted.includes(given)) return scored(1)
    return scored(0, { feedback: `expected '${wanted[0].slice(0, 80)}', found '${given.slice(0, 80)}'` })
  })
}
