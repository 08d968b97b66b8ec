/** A knob of a generator: one whole number, or a range of them, both ends included. */
import { GuerdonError } from '../data/error.ts'

export type Range = number | readonly [number, number]

/** The two ends of a range. Throws a GuerdonError unless they are whole numbers in order within [least, most]. */
export function rangeOf(knob: string, range: Range, least: number, most: number): readonly [number, number] {
  const [low, high] = typeof range === 'number' ? [range, range] : range
  if (Number.isInteger(low) && Number.isInteger(high) && least <= low && low <= high && high <= most) return [low, high]
  throw new GuerdonError(`${knob} is ${JSON.stringify(range)}`, {
    fix: `give a whole number or a range [low, high] within ${least} to ${most}`,
  })
}
