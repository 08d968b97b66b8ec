/** Sequences to rectangles: sorted by length so that little is padded, cut so that a piece fits the memory budget. */
import type { Sequence } from '../../data/rollout.ts'
import type { Value } from '../../graph/index.ts'
import { blockLength } from '../../nn/attention.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { isSmall, type Layout } from '../../nn/parameters.ts'
import type { Batch } from './programs.ts'

/** A piece of a batch: which sequences, and their rectangle. */
export interface Microbatch extends Batch {
  readonly members: readonly number[]
  /** The first row asked about of each member, and one past the last member's. */
  readonly offsets: readonly number[]
}

/** From which token on a sequence's tokens are asked about. */
export type Start = (sequence: Sequence) => number

/** The most that one microbatch may be. */
export interface PieceLimits {
  /** Bytes of activations. */
  readonly bytes: number
  /** Padded tokens. */
  readonly tokens: number
}

/**
 * Limits for a memory budget in bytes. A small model's microbatch has at most 1024 tokens a thread: its activations then stay
 * in the processor's cache from one operator to the next, and its weights are soon read again.
 */
export function pieceLimits(plan: Layout, bytes: number, threads: number): PieceLimits {
  return { bytes, tokens: isSmall(plan) ? 1024 * threads : Infinity }
}

/**
 * Cuts sequences into microbatches within limits. Longest first; a sequence that is beyond a limit by itself goes alone.
 * Sequences with nothing asked about are left out.
 */
export function microbatches(
  sequences: readonly Sequence[],
  start: Start,
  config: DecoderConfig,
  { bytes, tokens }: PieceLimits,
): Microbatch[] {
  const order = [...sequences.keys()]
    .filter((i) => sequences[i].tokens.length > Math.max(1, start(sequences[i])))
    .sort((a, b) => sequences[b].tokens.length - sequences[a].tokens.length || a - b)
  const pieces: number[][] = []
  for (const i of order) {
    const piece = pieces.at(-1)
    const length = piece === undefined ? 0 : sequences[piece[0]].tokens.length
    const rows = 1 + (piece?.length ?? 0)
    if (piece !== undefined && rows * sequenceBytes(config, length) <= bytes && rows * (length - 1) <= tokens)
      piece.push(i)
    else pieces.push([i])
  }
  return pieces.map((members) => rectangle(sequences, members, start))
}

/** Whether sequences are one microbatch of at most so many bytes. */
export function fitOnePiece(sequences: readonly Sequence[], config: DecoderConfig, bytes: number): boolean {
  const longest = Math.max(...sequences.map(({ tokens }) => tokens.length))
  return sequences.length * sequenceBytes(config, longest) <= bytes
}

/**
 * An estimate of what one sequence of this length keeps between forward and backward: about 11 rows as wide as the
 * model and 5 as wide as its feed-forward layer a layer, attention's squares (of which blocks leave a part out), four
 * rows of the vocabulary. Fitted to the nano models at 32 to 512 tokens, where it is at most a fifth off.
 */
export function sequenceBytes(config: DecoderConfig, length: number): number {
  const perToken =
    config.layers * (11 * config.width + 5 * config.hidden + 1.3 * config.heads * length) + 4 * config.vocabulary
  return 4 * length * perToken
}

function rectangle(sequences: readonly Sequence[], members: readonly number[], start: Start): Microbatch {
  // The last token is predicted, never read.
  const length = blockLength(Math.max(...members.map((i) => sequences[i].tokens.length)) - 1)
  const tokens = new BigInt64Array(members.length * length)
  const offsets = [0]
  for (const i of members)
    offsets.push(offsets[offsets.length - 1] + sequences[i].tokens.length - Math.max(1, start(sequences[i])))
  const asked = offsets[members.length]
  const rows = new BigInt64Array(asked)
  const targets = new BigInt64Array(asked)
  members.forEach((i, row) => {
    const { tokens: ids } = sequences[i]
    const from = Math.max(1, start(sequences[i]))
    for (let t = 0; t < ids.length - 1; t++) tokens[row * length + t] = BigInt(ids[t])
    for (let t = from; t < ids.length; t++) {
      const at = offsets[row] + t - from
      rows[at] = BigInt(row * length + t - 1)
      targets[at] = BigInt(ids[t])
    }
  })
  const line = (data: BigInt64Array): Value<'int64'> => ({ data, dims: [data.length] })
  return {
    members,
    offsets,
    tokens: { data: tokens, dims: [members.length, length] },
    rows: line(rows),
    targets: line(targets),
  }
}
