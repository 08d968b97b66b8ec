/** Going back through sequences, microbatch by microbatch: gradients are added up, log-probs come along. */
import { GuerdonError } from '../../data/error.ts'
import { completionLength, type Sequence } from '../../data/rollout.ts'
import type { Value } from '../../graph/index.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { view } from '../../nn/parameters.ts'
import type { Coefficients, Teacher } from '../policy.ts'
import { type Microbatch, microbatches, type PieceLimits } from './microbatch.ts'
import type { Programs } from './programs.ts'
import { teachingOf } from './teaching.ts'
import { learned, type Snapshot } from './weights.ts'

/** What `backward` is to do: one coefficient a readout, and the teachers that divergences are from. */
export interface BackwardWork {
  readonly sequences: readonly Sequence[]
  readonly coefficients: readonly Coefficients[]
  readonly teachers?: readonly Teacher[]
}

/** Of every sequence, its completion's log-probs, and with teachers its divergences. */
export interface BackwardResult {
  readonly logprobs: Float32Array[]
  readonly divergence?: Float32Array[]
}

/**
 * Adds the gradient of everything that learns to `gradient`, in pieces within limits. Each piece
 * asks for the seed of its dropout.
 */
export async function goBackward(
  programs: Programs,
  snapshot: Snapshot,
  limits: PieceLimits,
  { sequences, coefficients, teachers }: BackwardWork,
  gradient: Float32Array,
  nextDropoutSeed: () => number,
): Promise<BackwardResult> {
  const { config } = snapshot
  const { plan } = learned(snapshot)
  const logprobs = sequences.map(() => new Float32Array(0))
  const divergence = sequences.map(() => new Float32Array(0))
  for (const piece of microbatches(sequences, (sequence) => sequence.promptLength, config, limits)) {
    const teaching = teachers && teachingOf(piece, sequences, teachers, config.vocabulary)
    const slopes = await programs.backward(snapshot, piece, {
      logprobs: joined(piece, coefficients, 'logprobs'),
      ...(config.valueHead ? { values: joined(piece, coefficients, 'values') } : {}),
      ...(teaching === undefined ? {} : { teaching, divergence: joined(piece, coefficients, 'divergence') }),
      dropoutSeed: nextDropoutSeed(),
    })
    for (const [name, place] of plan.ofPart) addTo(view(gradient, place), slopes[name].data)
    piece.members.forEach((i, row) => {
      const cut = (name: string) => slopes[name].data.slice(piece.offsets[row], piece.offsets[row + 1])
      logprobs[i] = cut('logprobs')
      if (teaching !== undefined) divergence[i] = cut('divergence')
    })
  }
  return teachers === undefined ? { logprobs } : { logprobs, divergence }
}

/** The members' coefficients end to end, in the order of the microbatch's rows; zeros where none are given. */
function joined(piece: Microbatch, coefficients: readonly Coefficients[], kind: keyof Coefficients): Value<'float32'> {
  const data = new Float32Array(piece.rows.data.length)
  piece.members.forEach((i, row) => {
    const given = coefficients[i][kind]
    if (given !== undefined) data.set(given, piece.offsets[row])
  })
  return { data, dims: [data.length] }
}

/** Adds one array to another. */
export function addTo(total: Float32Array, more: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i] += more[i]
}

/** Throws where coefficients do not fit their sequences. */
export function checkCoefficients(
  config: DecoderConfig,
  sequences: readonly Sequence[],
  coefficients: readonly Coefficients[],
): void {
  if (coefficients.length !== sequences.length)
    throw new GuerdonError(`backward: ${sequences.length} sequences but coefficients for ${coefficients.length}`)
  coefficients.forEach((given, i) => {
    const expected = completionLength(sequences[i])
    for (const kind of ['logprobs', 'values', 'divergence'] as const)
      if ((given[kind]?.length ?? expected) !== expected)
        throw new GuerdonError(
          `backward: sequence ${i} has ${expected} completion tokens but was given ${given[kind]?.length} ${kind} coefficients`,
        )
    if (given.values !== undefined && !config.valueHead)
      throw new GuerdonError('backward: this model has no value head', { fix: 'make it with valueHead: true' })
  })
}
