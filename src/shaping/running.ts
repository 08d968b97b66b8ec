/**
 * Rewards against all rewards of the run so far, the running shapings that PAR (arXiv 2502.18770) is compared with. The
 * batch at hand is counted before it is shaped. Moments are merged batch by batch (Chan et al. 1979),
 *
 *     n' = n + b,  d = mean_b - mean,  mean' = mean + d b / n',  M2' = M2 + var_b b + d^2 n b / n',  std = sqrt(M2' / n')
 *
 * z score: (r - mean) / std.   clip: r held to mean +- width std.   minimum and maximum: (r - min) / (max - min).
 */
import type { Group } from '../data/rollout.ts'
import { mapScored, valuesOf, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'

/** The running z score; values as they are, less the mean, where all rewards were equal so far. */
export function runningZScore(): Shaping {
  return affine('runningZScore', (value, { mean, std }) => (value - mean) / (std === 0 ? 1 : std))
}

/** Rewards held to the running mean plus and minus `width` (default 1) running deviations. */
export function runningClip(options: { readonly width?: number } = {}): Shaping {
  const { width = 1 } = options
  return running('runningClip', (value, { mean, std }) =>
    Math.max(mean - width * std, Math.min(mean + width * std, value)),
  )
}

/** Rewards in [0, 1] between the least and the greatest so far, 1/2 where they are equal. One outlier flattens all after it. */
export function runningMinMax(): Shaping {
  return affine('runningMinMax', (value, { min, max }) => (max === min ? 0.5 : (value - min) / (max - min)))
}

/** One that shifts and stretches all values alike. */
function affine(name: string, change: (value: number, summary: Summary) => number): Shaping {
  return { ...running(name, change), affine: true }
}

interface Summary {
  readonly n: number
  readonly mean: number
  readonly std: number
  readonly min: number
  readonly max: number
}

function running(name: string, change: (value: number, summary: Summary) => number): Shaping {
  let summary: Summary | undefined
  return {
    name,
    state: () => summary ?? null,
    restore(state) {
      if (isSummary(state)) summary = state
    },
    shape(groups) {
      const now = merged(summary, groups)
      if (now === undefined) return groups
      summary = now
      return mapScored(groups, (score) => withValue(score, change(score.value, now)))
    },
  }
}

function merged(before: Summary | undefined, groups: readonly Group[]): Summary | undefined {
  const values = groups.flatMap(valuesOf)
  if (values.length === 0) return before
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  const [least, most] = values.reduce(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [values[0], values[0]],
  )
  if (before === undefined)
    return { n: values.length, mean, std: Math.sqrt(squares / values.length), min: least, max: most }
  const n = before.n + values.length
  const step = mean - before.mean
  const all = before.std ** 2 * before.n + squares + (step ** 2 * before.n * values.length) / n
  return {
    n,
    mean: before.mean + (step * values.length) / n,
    std: Math.sqrt(all / n),
    min: Math.min(before.min, least),
    max: Math.max(before.max, most),
  }
}

function isSummary(state: unknown): state is Summary {
  return (
    typeof state === 'object' &&
    state !== null &&
    ['n', 'mean', 'std', 'min', 'max'].every((key) => Number.isFinite(Reflect.get(state, key)))
  )
}
