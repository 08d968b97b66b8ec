/**
 * The percentile bootstrap (Efron 1979): a statistic's interval from the same statistic on samples of the items, drawn
 * with replacement.
 */
import { random } from './random.ts'

export interface BootstrapOptions {
  /** How many samples are drawn. Default 1000. */
  readonly draws?: number
  /** The share of them that the interval covers. Default 0.95. */
  readonly level?: number
  /** Default 1. */
  readonly seed?: number | string
}

/**
 * The interval of `statistic` over `items`, or undefined where fewer than half of the samples have one (a statistic may be
 * undefined on a sample, as a kappa is on one class).
 */
export function bootstrapInterval<T>(
  items: readonly T[],
  statistic: (sample: readonly T[]) => number | undefined,
  options: BootstrapOptions = {},
): readonly [low: number, high: number] | undefined {
  const { draws = 1000, level = 0.95, seed = 1 } = options
  if (items.length === 0) return undefined
  const { int } = random(seed)
  const values: number[] = []
  for (let draw = 0; draw < draws; draw++) {
    const value = statistic(items.map(() => items[int(0, items.length - 1)]))
    if (value !== undefined && Number.isFinite(value)) values.push(value)
  }
  if (values.length < draws / 2) return undefined
  values.sort((a, b) => a - b)
  const outside = (1 - level) / 2
  return [quantileOf(values, outside), quantileOf(values, 1 - outside)]
}

/** The quantile of sorted values, linear between neighbours. */
export function quantileOf(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1)
  const below = Math.floor(at)
  const above = Math.min(below + 1, sorted.length - 1)
  return sorted[below] + (at - below) * (sorted[above] - sorted[below])
}
