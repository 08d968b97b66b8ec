/** Pairs from plain lists. */
import type { PairItem } from '../../src/objectives/pair.ts'
import type { Rows } from './items.ts'

/** Rows 2i and 2i + 1 make pair i. */
export function pairs(logprobs: Rows, reference: Rows, rewards?: Rows): PairItem[] {
  const readouts = logprobs.map((row, i) => ({
    logprobs: Float32Array.from(row),
    reference: Float32Array.from(reference[i]),
    ...(rewards === undefined ? {} : { processRewards: Float32Array.from(rewards[i] ?? []) }),
  }))
  return Array.from({ length: readouts.length / 2 }, (_, i) => ({
    chosen: readouts[2 * i],
    rejected: readouts[2 * i + 1],
  }))
}
