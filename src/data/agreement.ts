/**
 * How well two raters agree on classes. Cohen's kappa (Cohen 1960) takes away what chance alone would give:
 *
 *     kappa = (p_o - p_e) / (1 - p_e),   p_e = Σ_c p(first says c) p(second says c)
 *
 * Per class F1 = 2 TP / (2 TP + FP + FN), with the second rater as the truth; macro F1 is their mean.
 */

/** What two raters said of one item. */
export type Rated<C> = readonly [first: C, second: C]

export interface Agreement<C> {
  readonly n: number
  /** Share of items on which both say the same; 0 where there is no item. */
  readonly accuracy: number
  /** In [-1, 1]; undefined where chance explains everything (both raters always say one and the same class). */
  readonly kappa: number | undefined
  readonly macroF1: number
  /** Per class: how often each rater says it, how often both do, and F1. */
  readonly classes: readonly {
    readonly name: C
    readonly first: number
    readonly second: number
    readonly both: number
    readonly f1: number
  }[]
}

/** Agreement of two raters over the same items; classes in the order in which they first appear. */
export function agreementOf<C extends string | number | boolean>(items: readonly Rated<C>[]): Agreement<C> {
  const n = items.length
  const names = [...new Set(items.flat())]
  const count = (is: (item: Rated<C>) => boolean) => items.reduce((total, item) => total + (is(item) ? 1 : 0), 0)
  const classes = names.map((name) => {
    const [first, second] = [count(([a]) => a === name), count(([, b]) => b === name)]
    const both = count(([a, b]) => a === name && b === name)
    return { name, first, second, both, f1: (2 * both) / (first + second) }
  })
  const accuracy = n === 0 ? 0 : count(([a, b]) => a === b) / n
  const chance = classes.reduce((total, { first, second }) => total + (first * second) / n ** 2, 0)
  return {
    n,
    accuracy,
    // Exact: chance is 1 only where one class is all there is.
    kappa: n === 0 || classes.length === 1 ? undefined : (accuracy - chance) / (1 - chance),
    macroF1: classes.length === 0 ? 0 : classes.reduce((total, { f1 }) => total + f1, 0) / classes.length,
    classes,
  }
}
