/** A reward less the mean of its prompt's reference rewards: the "centred" baseline of PAR (arXiv 2502.18770). */
import { unscored } from '../data/score.ts'
import { mapScored, withValue } from './mapScored.ts'
import { noReferences, type References, referenceBook } from './references.ts'
import type { Shaping } from './shaping.ts'

/** r - mean(r_ref): of mean 0 over the references. Any credit with a group baseline takes it out again. */
export function centre(options: { readonly references: References }): Shaping {
  const book = referenceBook(options.references, [undefined])
  return {
    name: 'centre',
    affine: true,
    state: book.state,
    restore: book.restore,
    shape(groups) {
      book.note(groups)
      return mapScored(groups, (score, { group }) => {
        const found = book.of(group.prompt)
        if (found === undefined) return unscored('reward', noReferences(group.prompt, undefined))
        return withValue(score, score.value - found.reduce((sum, each) => sum + each, 0) / found.length)
      })
    },
  }
}
