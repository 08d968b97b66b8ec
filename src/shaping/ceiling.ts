/** Rewards cut at a ceiling, min(r, most): the simplest answer to a reward that can be driven up without end. */
import { mapScored, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

/** Values above `most` become `most`. */
export function ceiling(options: { readonly most: number }): Shaping {
  return {
    name: 'ceiling',
    shape: (groups) => mapScored(groups, (score) => withValue(score, Math.min(score.value, options.most))),
  }
}
