/**
 * The arithmetic of the charts: ticks, number formats, smoothing, shades. Each function is also written into the
 * reports' pages by its source, so it uses nothing but its arguments and the functions of this file.
 */

/** What a chart's numbers are: plain, or shares of one shown in per cent. */
export type Unit = 'number' | 'share'

/**
 * Round numbers that span [low, high]: steps of 1, 2 or 5 times a power of ten, about `count` of them, the first at
 * or below `low`, the last at or above `high`.
 */
export function ticks(low: number, high: number, count: number): number[] {
  const span = high > low ? high - low : Math.abs(low) || 1
  const power = 10 ** Math.floor(Math.log10(span / count))
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => span / size <= count) ?? 10 * power
  const first = Math.floor(low / step + 1e-9)
  const last = Math.max(first + 1, Math.ceil(high / step - 1e-9))
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

/** A number as people write it: 4 digits where they count, k and M for thousands and millions. */
export function formatNumber(value: number, unit: Unit): string {
  if (unit === 'share') return `${Number((100 * value).toPrecision(3))}%`
  const size = Math.abs(value)
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`
  if (size !== 0 && size < 1e-3) return value.toExponential(1).replace('e-', 'e−').replace(/^-/, '−')
  return String(Number(value.toPrecision(size < 1 ? 3 : 4))).replace(/^-/, '−')
}

/**
 * Exponential moving average that starts unbiased: s_t = Σ wᵏ x_{t−k} / Σ wᵏ over the points so far, gaps (null) left
 * out and kept as gaps. w = 0 changes nothing.
 */
export function smooth(values: readonly (number | null)[], w: number): (number | null)[] {
  let sum = 0
  let weight = 0
  return values.map((value) => {
    if (value === null) return null
    sum = w * sum + value
    weight = w * weight + 1
    return sum / weight
  })
}

/** How strong a shade, 0..10, and which side of the scale: an advantage against the largest of its group. */
export function shade(value: number | null, largest: number): { side: 'up' | 'down' | 'none'; strength: number } {
  if (value === null || largest <= 0) return { side: 'none', strength: 0 }
  const strength = Math.min(10, Math.round((10 * Math.abs(value)) / largest))
  return { side: strength === 0 ? 'none' : value > 0 ? 'up' : 'down', strength }
}

/** The index of the entry nearest to `x` in an ascending list. */
export function nearest(sorted: readonly number[], x: number): number {
  let low = 0
  let high = sorted.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= x) low = middle
    else high = middle
  }
  return high > low && sorted[high] - x < x - sorted[low] ? high : low
}
