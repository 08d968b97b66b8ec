/**
 * The readout `influence`: how a step on one token's log-prob moves the weighted log-probs of its group, through the language
 * head W alone. With h the hidden state before a token and g = onehot(token) - softmax(W h):
 *
 *     M = sum_i weight_i sum_k g_ik h_ik^T  = dD/dW     [vocabulary, width], one for a group at a time
 *     influence of (j, k) = g_jk^T M h_jk
 *
 * A group that fits one microbatch is read in the run that reads its hidden states: two products of the head's size beside
 * the logits, and only the numbers asked for leave the engine. A larger one is read in three rounds (hidden states, M, along
 * M), the last two in blocks of tokens. Nothing of the vocabulary's width is kept per token. Source: THR (2025, arXiv
 * 2510.03669), matrix form.
 */
import { GuerdonError } from '../../data/error.ts'
import type { Readout, Want } from '../../data/readout.ts'
import { completionLength, type Sequence } from '../../data/rollout.ts'
import * as g from '../../graph/index.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { alongHead, headDirection, headName, predictionErrors } from '../../nn/heads.ts'
import { view } from '../../nn/parameters.ts'
import type { ForwardOptions, FrozenPolicy } from '../policy.ts'
import { fitOnePiece } from './microbatch.ts'
import type { Snapshot } from './weights.ts'

export interface InfluenceReader {
  /** All that is wanted, `influence` among it, group by group; `forward` reads out one that fits a microbatch, or its hidden states. */
  read(
    snapshot: Snapshot,
    forward: FrozenPolicy['forward'],
    sequences: readonly Sequence[],
    want: readonly Want[],
    options?: ForwardOptions,
  ): Promise<Readout[]>
  close(): Promise<void>
}

/** @param budget bytes that a block's rows of the vocabulary may take */
export function influenceReader(config: DecoderConfig, threads: number, budget: number): InfluenceReader {
  let programs: ReturnType<typeof compiled> | undefined
  const blockRows = Math.max(1, Math.floor(budget / (16 * config.vocabulary)))

  const readGroup: InfluenceReader['read'] = async (snapshot, forward, sequences, want, options = {}) => {
    const { weights = [] } = options.influence ?? {}
    const others = want.filter((each) => each !== 'influence')
    if (weights.every((weight) => weight === 0)) {
      const read: readonly Readout[] = others.length === 0 ? [] : await forward(sequences, others, options)
      return sequences.map((each, i) => ({ ...read[i], influence: new Float32Array(completionLength(each)) }))
    }
    if (fitOnePiece(sequences, config, budget)) return forward(sequences, want, options)
    programs ??= compiled(config, threads)
    const read = await forward(sequences, others.includes('hidden') ? others : [...others, 'hidden'], options)
    const hidden = read.map((each) => each.hidden ?? new Float32Array(0))
    const influence = await influences(await programs, snapshot, { sequences, hidden, weights, blockRows })
    return read.map(({ hidden: states, ...rest }, i) => ({
      ...rest,
      ...(others.includes('hidden') ? { hidden: states } : {}),
      influence: influence[i],
    }))
  }

  return {
    async read(snapshot, forward, sequences, want, options = {}) {
      const { influence: question, over } = options
      if (question === undefined || question.groups.length !== sequences.length || over === 'all')
        throw new GuerdonError(
          over === 'all'
            ? "forward: 'influence' is read over completions alone"
            : "forward: 'influence' needs a group and a weight for each sequence",
          { fix: 'forward(sequences, want, { influence: { groups, weights } })' },
        )
      const readouts: Readout[] = sequences.map(() => ({}))
      for (const members of Map.groupBy(sequences.keys(), (i) => question.groups[i]).values()) {
        const own = members.map((i) => sequences[i])
        const weights = members.map((i) => question.weights[i])
        const read = await readGroup(snapshot, forward, own, want, { ...options, influence: { groups: [], weights } })
        members.forEach((i, k) => {
          readouts[i] = read[k]
        })
      }
      return readouts
    },
    async close() {
      const made = await programs
      programs = undefined
      await made?.direction.close()
      await made?.along.close()
    },
  }
}

interface Group {
  readonly sequences: readonly Sequence[]
  readonly hidden: readonly Float32Array[]
  readonly weights: readonly number[]
  readonly blockRows: number
}

async function influences(
  { direction, along }: Awaited<ReturnType<typeof compiled>>,
  { config, plan, values }: Snapshot,
  group: Group,
): Promise<Float32Array[]> {
  const size = [config.vocabulary, config.width]
  const head = { data: view(values, plan.ofPart.get(headName(config))), dims: size }
  const total = new Float32Array(config.vocabulary * config.width)
  // Rows of weight 0 give M nothing.
  const towards = group.sequences.map((_, i) => i).filter((i) => group.weights[i] !== 0)
  for (const { weights, ...block } of blocks(group, towards, config.width)) {
    const { matrix } = await direction.run({ ...block, weights, head })
    for (let i = 0; i < total.length; i++) total[i] += matrix.data[i]
  }
  const found: Float32Array[] = []
  for (const { weights: _, ...block } of blocks(group, [...group.sequences.keys()], config.width)) {
    const { influence } = await along.run({ ...block, matrix: { data: total, dims: size }, head })
    found.push(influence.data)
  }
  return cut(found, group.sequences.map(completionLength))
}

/** The members' tokens end to end, at most so many rows at a time. */
function* blocks({ sequences, hidden, weights, blockRows }: Group, members: readonly number[], width: number) {
  const rows = members.flatMap((i) => Array.from({ length: completionLength(sequences[i]) }, (_, t) => ({ i, t })))
  for (let start = 0; start < rows.length; start += blockRows) {
    const piece = rows.slice(start, start + blockRows)
    const states = new Float32Array(piece.length * width)
    piece.forEach(({ i, t }, row) => {
      states.set(hidden[i].subarray(t * width, (t + 1) * width), row * width)
    })
    yield {
      hidden: { data: states, dims: [piece.length, width] },
      targets: {
        data: BigInt64Array.from(piece, ({ i, t }) => BigInt(sequences[i].tokens[sequences[i].promptLength + t])),
        dims: [piece.length],
      },
      weights: { data: Float32Array.from(piece, ({ i }) => weights[i]), dims: [piece.length] },
    }
  }
}

/** Pieces laid end to end and cut anew. */
function cut(pieces: readonly Float32Array[], lengths: readonly number[]): Float32Array[] {
  const all = new Float32Array(lengths.reduce((sum, length) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  at = 0
  return lengths.map((length) => all.slice(at, (at += length)))
}

async function compiled({ vocabulary, width }: DecoderConfig, threads: number) {
  const hidden = g.input('hidden', 'float32', ['rows', width])
  const targets = g.input('targets', 'int64', ['rows'])
  const weights = g.input('weights', 'float32', ['rows'])
  const head = g.input('head', 'float32', [vocabulary, width])
  const matrix = g.input('matrix', 'float32', [vocabulary, width])
  const errors = predictionErrors(g.matmul(hidden, head, { transposeB: true }), targets)
  const direction = g.compile(
    { hidden, targets, weights, head },
    { matrix: headDirection(errors, hidden, weights) },
    { threads },
  )
  const along = g.compile(
    { hidden, targets, head, matrix },
    { influence: alongHead(errors, hidden, matrix) },
    { threads },
  )
  return { direction: await direction, along: await along }
}
