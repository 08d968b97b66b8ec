/** The readout an objective declared, or an error that says which is missing. */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'

type PerToken = 'logprobs' | 'reference' | 'values' | 'processRewards'

/** A readout of `length` numbers (any length where undefined). */
export function readoutOf(readout: Readout, want: PerToken, objective: string, length?: number): Float32Array {
  const numbers = readout[want]
  if (numbers === undefined) {
    throw new GuerdonError(`${objective} needs the readout '${want}' of every sequence, and one has none`, {
      fix: `gather what the objective's \`needs\` name before it is evaluated`,
    })
  }
  if (length !== undefined && numbers.length !== length) {
    throw new GuerdonError(`${objective}: ${numbers.length} numbers in the readout '${want}' for ${length} tokens`)
  }
  return numbers
}
