/**
 * The log-sigmoid transform, "Transforming and Combining Rewards for Aligning Large Language Models" (2024, arXiv
 * 2402.00742). A Bradley-Terry reward r says how likely an answer beats another; "good" is to beat a bar r_ref(x):
 *
 *     u = log sigma(r - r_ref)                     one property: large gains saturate, bad answers keep their slope
 *     AND: u = sum_k log sigma(r_k - r_ref,k)      all properties are good
 *     OR:  u = log(1 - prod_k (1 - sigma(r_k - r_ref,k)))
 */
import { unscored } from '../data/score.ts'
import { mapScored, withValue } from './mapScored.ts'
import { referenceBar } from './referenceBar.ts'
import { noReferences, partOrValue, type References, referenceBook } from './references.ts'
import type { Shaping } from './shaping.ts'

export interface LogSigmoidOptions {
  readonly references: References
  /** The score parts to combine. Default: the value alone. */
  readonly parts?: readonly string[]
  /** Default 'and'. */
  readonly combine?: 'and' | 'or'
  /** The bar is this quantile of the references. Default 0.85. */
  readonly quantile?: number
}

/**
 * Each value becomes the log-probability that the answer is good: at most 0, increasing, with the slope sigma(r_ref - r).
 * A score without one of the parts, or a prompt without references, becomes Unscored. Division by a group's deviation
 * takes out most of the effect between prompts: combine it with `grpo({ normalise: 'none' })` or `rloo`. As all values are
 * below 0, an answer that failed must not keep a plain 0.
 */
export function logSigmoid(options: LogSigmoidOptions): Shaping {
  const { references, combine = 'and', quantile = 0.85 } = options
  const parts: readonly (string | undefined)[] = options.parts ?? [undefined]
  const book = referenceBook(references, parts)
  return {
    name: 'logSigmoid',
    state: book.state,
    restore: book.restore,
    shape(groups) {
      book.note(groups)
      return mapScored(groups, (score, { group }) => {
        const logs: number[] = []
        for (const part of parts) {
          const value = partOrValue(score, part)
          const found = book.of(group.prompt, part)
          if (value === undefined) return unscored('reward', `the score has no part '${part}'`)
          if (found === undefined) return unscored('reward', noReferences(group.prompt, part))
          logs.push(value - referenceBar(found, quantile))
        }
        return withValue(score, combine === 'and' ? allGood(logs) : anyGood(logs))
      })
    },
  }
}

/** log sigma(z), without overflow on either side. */
export function logSigma(z: number): number {
  return z >= 0 ? -Math.log1p(Math.exp(-z)) : z - Math.log1p(Math.exp(z))
}

function allGood(margins: readonly number[]): number {
  return margins.reduce((sum, margin) => sum + logSigma(margin), 0)
}

function anyGood(margins: readonly number[]): number {
  // log(1 - e^l), l = log of the probability that none is good.
  const none = margins.reduce((sum, margin) => sum + logSigma(-margin), 0)
  return none > -Math.LN2 ? Math.log(-Math.expm1(none)) : Math.log1p(-Math.exp(none))
}
