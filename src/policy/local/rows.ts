/**
 * Rows that decode together: their starts are read once each, then every row gets one token a step; finished rows leave
 * at once and waiting ones take their place. Tokens only: text is its caller's.
 */
import { type Random, random } from '../../data/random.ts'
import type { SamplingOptions } from '../policy.ts'
import { KeyValueCache, type StoredKeys } from './cache.ts'
import type { DecodeProgram } from './decodeProgram.ts'
import { drawToken } from './draw.ts'
import type { PrefillProgram } from './programs.ts'
import type { Snapshot } from './weights.ts'

export interface RowParts {
  readonly snapshot: Snapshot
  readonly decode: DecodeProgram
  readonly prefill: PrefillProgram
  /** Most rows that decode together. */
  readonly rows: number
  /** Ids from here on are no tokens of the tokenizer and never drawn. */
  readonly known: number
  /** Tokens that end an answer. */
  readonly ends: readonly number[]
}

/** What the completions of one request share. */
export interface Start {
  /** The prompt, and what of a completion is given. */
  readonly tokens: Int32Array
  readonly promptLength: number
  /** Of the given completion tokens. */
  readonly logprobs: Float32Array
  readonly stored?: StoredKeys
}

/** The completions with these numbers of one start; each draws from a stream of its own. */
export interface RowRequest
  extends Pick<SamplingOptions, 'maxTokens' | 'temperature' | 'topK' | 'topP' | 'stopTokens' | 'seed'> {
  readonly start: Start
  readonly indices: readonly number[]
}

/** One completion being written. Its cache holds all its tokens but the last, which the next step reads. */
export interface Row {
  readonly request: number
  readonly index: number
  readonly options: RowRequest
  /** Prompt and completion so far. */
  readonly tokens: number[]
  readonly logprobs: number[]
  readonly rng: Random
}

/** A completion that ended, and why. */
export interface FinishedRow {
  readonly request: number
  readonly index: number
  readonly tokens: Int32Array
  readonly logprobs: Float32Array
  readonly finish: 'stop' | 'length'
  /** Keys and values that it left, where they are kept. */
  readonly stored?: StoredKeys
}

/** What only the caller can tell. */
export interface RowRules {
  /** Whether a row's text ends it. */
  readonly stops?: (row: Row) => boolean
  /** Whether what a request's rows leave in the cache is kept. */
  readonly keeps?: (request: number) => boolean
}

export async function* decodeRows(
  parts: RowParts,
  requests: readonly RowRequest[],
  { stops, keeps }: RowRules = {},
  signal?: AbortSignal,
): AsyncGenerator<FinishedRow> {
  const { snapshot, decode, known } = parts
  const starts = requests.map(({ start }) => start)
  const queue = requests.flatMap(({ indices }, at) => indices.map((index) => ({ at, index })))
  const cache = new KeyValueCache(snapshot.config)
  const rows: Row[] = []
  const read = new Map<number, StoredKeys>()
  let waiting = 0
  while (waiting < queue.length || rows.length > 0) {
    signal?.throwIfAborted()
    // Admitting is a prefill: wait until a good part of the batch is free, so that prompts are read together.
    if (waiting < queue.length && rows.length <= parts.rows / 2) {
      const admitted = queue.slice(waiting, waiting + parts.rows - rows.length)
      waiting += admitted.length
      await readStarts(parts, starts, new Set(admitted.map(({ at }) => at)), read)
      const arrived: StoredKeys[] = []
      for (const { at, index } of admitted) {
        const row = newRow(requests[at], at, index)
        const finish = row.logprobs.length === 0 ? undefined : ending(row, parts, [])
        if (finish !== undefined) {
          yield finished(row, finish)
          continue
        }
        const stored = read.get(at)
        if (stored !== undefined) arrived.push(stored)
        rows.push(row)
      }
      cache.addAll(arrived)
      // The queue goes through the requests in order: those before the next one are all admitted.
      const next = queue[waiting]?.at ?? requests.length
      for (const at of [...read.keys()]) if (at < next) read.delete(at)
      if (rows.length === 0) continue
    }
    const outputs = await decode.run(snapshot, {
      tokens: integers(rows.map((row) => row.tokens[row.tokens.length - 1])),
      lengths: integers(cache.lengths),
      ...cache.feeds(),
    })
    cache.append(outputs)
    const [, vocabulary] = outputs.logits.dims
    for (let i = rows.length - 1; i >= 0; i--) {
      const row = rows[i]
      const { temperature = 1, topK = 0, topP = 1, stopTokens = [] } = row.options
      const scores = outputs.logits.data.subarray(i * vocabulary, (i + 1) * vocabulary)
      const { token, logprob } = drawToken(scores, { temperature, topK, topP, known }, row.rng)
      row.tokens.push(token)
      row.logprobs.push(logprob)
      const full = ending(row, parts, stopTokens)
      const finish = full !== 'stop' && stops?.(row) === true ? 'stop' : full
      if (finish === undefined) continue
      const stored = keeps?.(row.request) === true ? cache.store(i) : undefined
      cache.remove(i)
      rows[i] = rows[rows.length - 1]
      rows.pop()
      yield finished(row, finish, stored)
    }
  }
}

function newRow(options: RowRequest, request: number, index: number): Row {
  const { start, seed } = options
  const rng = random(`${seed}/${index}`)
  return { request, index, options, tokens: [...start.tokens], logprobs: [...start.logprobs], rng }
}

/** Why a row has nothing left to say; undefined where it has. */
function ending(row: Row, { ends, snapshot }: RowParts, stopTokens: readonly number[]): 'stop' | 'length' | undefined {
  const { tokens, options } = row
  const last = tokens[tokens.length - 1]
  if (ends.includes(last) || stopTokens.includes(last)) return 'stop'
  const full =
    tokens.length - options.start.promptLength >= options.maxTokens || tokens.length >= snapshot.config.context
  return full ? 'length' : undefined
}

function finished(row: Row, finish: 'stop' | 'length', stored?: StoredKeys): FinishedRow {
  return {
    request: row.request,
    index: row.index,
    tokens: Int32Array.from(row.tokens),
    logprobs: Float32Array.from(row.logprobs),
    finish,
    ...(stored === undefined ? {} : { stored }),
  }
}

/** Reads the starts that are not read yet, all but their last tokens, several in one rectangle. */
async function readStarts(
  parts: RowParts,
  starts: readonly Start[],
  wanted: ReadonlySet<number>,
  read: Map<number, StoredKeys>,
): Promise<void> {
  const { config } = parts.snapshot
  const open: number[] = []
  for (const at of wanted) {
    if (read.has(at)) continue
    const { tokens, stored } = starts[at]
    if (stored !== undefined && stored.length >= tokens.length - 1)
      read.set(at, firstTokens(stored, tokens.length - 1, config.keyValueHeads, config.headSize))
    else if (tokens.length === 1) read.set(at, emptyKeys(config.layers))
    else open.push(at)
  }
  open.sort((a, b) => starts[b].tokens.length - starts[a].tokens.length)
  while (open.length > 0) {
    const length = starts[open[0]].tokens.length - 1
    const piece = open.splice(0, Math.max(1, Math.floor(prefillTokens / length)))
    const data = new BigInt64Array(piece.length * length)
    piece.forEach((at, row) => {
      const { tokens } = starts[at]
      for (let t = 0; t < tokens.length - 1; t++) data[row * length + t] = BigInt(tokens[t])
    })
    const outputs = await parts.prefill(parts.snapshot, { data, dims: [piece.length, length] })
    piece.forEach((at, row) => {
      const used = starts[at].tokens.length - 1
      const layers = (kind: string) =>
        Array.from({ length: config.layers }, (_, layer) => {
          const size = config.keyValueHeads * length * config.headSize
          const whole = outputs[`${kind}.${layer}`].data.subarray(row * size, (row + 1) * size)
          return headsCut(whole, config.keyValueHeads, length, used, config.headSize)
        })
      read.set(at, { length: used, keys: layers('keys'), values: layers('values') })
    })
  }
}

/** Most tokens of prompts read in one rectangle. */
const prefillTokens = 4096

/** [heads, length, size] to its first `used` tokens. */
function headsCut(piece: Float32Array, heads: number, length: number, used: number, size: number): Float32Array {
  if (used === length) return piece.slice()
  const cut = new Float32Array(heads * used * size)
  for (let head = 0; head < heads; head++)
    cut.set(piece.subarray(head * length * size, (head * length + used) * size), head * used * size)
  return cut
}

function firstTokens(stored: StoredKeys, used: number, heads: number, size: number): StoredKeys {
  const cut = (piece: Float32Array) => headsCut(piece, heads, stored.length, used, size)
  return { length: used, keys: stored.keys.map(cut), values: stored.values.map(cut) }
}

function emptyKeys(layers: number): StoredKeys {
  const none = Array.from({ length: layers }, () => new Float32Array(0))
  return { length: 0, keys: none, values: none }
}

function integers(list: readonly number[]) {
  return { data: BigInt64Array.from(list, BigInt), dims: [list.length] }
}
