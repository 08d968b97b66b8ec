/** Reads sequences out with a policy's forward programs, microbatch by microbatch. */
import { GuerdonError } from '../../data/error.ts'
import type { Readout, Want } from '../../data/readout.ts'
import type { Sequence } from '../../data/rollout.ts'
import type { Value } from '../../graph/index.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import type { ForwardOptions } from '../policy.ts'
import { type Microbatch, microbatches, type PieceLimits } from './microbatch.ts'
import type { Programs, Readable } from './programs.ts'
import type { Snapshot } from './weights.ts'

/**
 * One readout a sequence (of those that `checkSequences` lets pass), holding what is wanted. `influence` is read inside a piece: the sequences are then one
 * group that fits the bytes of one.
 */
export async function readOut(
  programs: Programs,
  snapshot: Snapshot,
  limits: PieceLimits,
  sequences: readonly Sequence[],
  want: readonly Want[],
  { over = 'completion', top = 5, influence }: ForwardOptions = {},
): Promise<Readout[]> {
  const { config } = snapshot
  const readable = want.filter((each): each is Readable => each !== 'reference' && each !== 'processRewards')
  if (readable.length < want.length)
    throw new GuerdonError(
      "forward: 'reference' and 'processRewards' are numbers of another model: ask that one for them",
    )
  if (readable.includes('values') && !config.valueHead)
    throw new GuerdonError('forward: this model has no value head', { fix: 'make it with valueHead: true' })
  const run = programs.forward(readable, top)
  const start = (sequence: Sequence) => (over === 'all' ? 1 : sequence.promptLength)
  const readouts: Readout[] = sequences.map(() => emptyReadout(readable, top))
  const directed = readable.includes('influence') && influence !== undefined
  for (const piece of microbatches(sequences, start, config, directed ? { ...limits, tokens: Infinity } : limits)) {
    const results = await run(snapshot, piece, directed ? { rowWeights: rowWeights(piece, influence.weights) } : {})
    const topIds = results.topIds === undefined ? undefined : Int32Array.from(results.topIds.data, Number)
    piece.members.forEach((i, row) => {
      const cut = (name: string, width = 1) =>
        floats(results[name]).slice(piece.offsets[row] * width, piece.offsets[row + 1] * width)
      readouts[i] = {
        ...(readable.includes('logprobs') ? { logprobs: cut('logprobs') } : {}),
        ...(readable.includes('distribution') ? { distribution: cut('distribution', config.vocabulary) } : {}),
        ...(readable.includes('entropy') ? { entropy: cut('entropy') } : {}),
        ...(readable.includes('values') ? { values: cut('values') } : {}),
        ...(readable.includes('influence') ? { influence: cut('influence') } : {}),
        ...(readable.includes('hidden') ? { hidden: cut('hidden', config.width) } : {}),
        ...(topIds === undefined
          ? {}
          : {
              topLogprobs: {
                k: top,
                logprobs: cut('topLogprobs', top),
                ids: topIds.slice(piece.offsets[row] * top, piece.offsets[row + 1] * top),
              },
            }),
      }
    })
  }
  return readouts
}

/** A piece's rows, each with its sequence's weight. */
function rowWeights({ members, offsets, rows }: Microbatch, weights: readonly number[]): Value<'float32'> {
  const data = new Float32Array(rows.data.length)
  members.forEach((i, row) => {
    data.fill(weights[i], offsets[row], offsets[row + 1])
  })
  return { data, dims: [data.length] }
}

/** The readout of a sequence about which nothing is asked. */
function emptyReadout(want: readonly Readable[], k: number): Readout {
  const none = () => new Float32Array(0)
  return Object.fromEntries(
    want.map((each) => [each, each === 'topLogprobs' ? { k, ids: new Int32Array(0), logprobs: none() } : none()]),
  )
}

function floats({ data }: Value): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data, Number)
}

/** Throws where a sequence is longer than the context, has no prompt, or holds a token outside the vocabulary. */
export function checkSequences(config: DecoderConfig, sequences: readonly Sequence[]): void {
  sequences.forEach(({ tokens, promptLength }, i) => {
    if (tokens.length > config.context)
      throw new GuerdonError(
        `sequence ${i} has ${tokens.length} tokens and the model's context holds ${config.context}`,
      )
    if (promptLength < 1 || promptLength > tokens.length)
      throw new GuerdonError(`sequence ${i} of ${tokens.length} tokens cannot have a prompt of ${promptLength}`)
    const outside = tokens.find((id) => id < 0 || id >= config.vocabulary)
    if (outside !== undefined)
      throw new GuerdonError(
        `sequence ${i} holds token ${outside}, outside the model's vocabulary of ${config.vocabulary}`,
      )
  })
}
