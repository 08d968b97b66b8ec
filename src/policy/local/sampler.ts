/**
 * Sampling: prompts are read once each, their completions decode together one token a step, finished rows leave at
 * once and waiting ones take their place.
 */
import type { Completion } from '../../data/message.ts'
import { type Random, random } from '../../data/random.ts'
import type { Rollout } from '../../data/rollout.ts'
import { endsAnswer, type Tokenizer } from '../../text/tokenizer.ts'
import type { SampledCompletion, SampleRequest } from '../policy.ts'
import { promptTokens } from '../promptTokens.ts'
import { KeyValueCache, type StoredKeys } from './cache.ts'
import type { DecodeProgram } from './decodeProgram.ts'
import { drawToken } from './draw.ts'
import type { PrefillProgram } from './programs.ts'
import type { Snapshot } from './weights.ts'

export interface SamplerParts {
  readonly snapshot: Snapshot
  readonly tokenizer: Tokenizer
  readonly decode: DecodeProgram
  readonly prefill: PrefillProgram
  /** Keys and values of rollouts sampled with `keep` under these very weights. */
  readonly kept: WeakMap<Rollout, StoredKeys>
  /** Most rows that decode together. */
  readonly rows: number
}

/** One completion being written. Its cache holds all its tokens but the last, which the next step reads. */
interface Row {
  readonly request: number
  readonly index: number
  readonly options: SampleRequest
  /** Prompt and completion so far. */
  readonly tokens: number[]
  readonly promptLength: number
  /** UTF-16 code units of the completion's text that the row began with. */
  readonly given: number
  readonly logprobs: number[]
  readonly rng: Random
}

/** A request's start: the tokens its completions share. */
interface Start {
  readonly tokens: Int32Array
  readonly promptLength: number
  readonly logprobs: Float32Array
  readonly stored?: StoredKeys
}

export async function* sampleRows(
  parts: SamplerParts,
  requests: readonly SampleRequest[],
  signal?: AbortSignal,
): AsyncGenerator<SampledCompletion> {
  const { snapshot, decode } = parts
  const reader = { tokenizer: parts.tokenizer, contextLength: snapshot.config.context }
  const starts = requests.map((request) => startOf(reader, request, parts.kept))
  const queue = requests.flatMap((request, at) => Array.from({ length: request.count }, (_, index) => ({ at, index })))
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
        const row = newRow(requests[at], starts[at], at, index, parts.tokenizer)
        const completion = finishedBefore(row, parts.tokenizer, snapshot.config.context)
        if (completion !== undefined) {
          yield { request: at, index, completion, rollout: rolloutOf(row, completion) }
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
      const { temperature = 1, topK = 0, topP = 1 } = row.options
      const scores = outputs.logits.data.subarray(i * vocabulary, (i + 1) * vocabulary)
      const { token, logprob } = drawToken(
        scores,
        { temperature, topK, topP, known: parts.tokenizer.vocabularySize },
        row.rng,
      )
      row.tokens.push(token)
      row.logprobs.push(logprob)
      const completion = finished(row, parts.tokenizer, snapshot.config.context)
      if (completion === undefined) continue
      const rollout = rolloutOf(row, completion)
      if (row.options.keep === true) parts.kept.set(rollout, cache.store(i))
      cache.remove(i)
      rows[i] = rows[rows.length - 1]
      rows.pop()
      yield { request: row.request, index: row.index, completion, rollout }
    }
  }
}

function startOf(
  reader: { readonly tokenizer: Tokenizer; readonly contextLength: number },
  { prompt, from }: SampleRequest,
  kept: WeakMap<Rollout, StoredKeys>,
): Start {
  if (from === undefined) {
    const tokens = promptTokens(reader, prompt)
    return { tokens, promptLength: tokens.length, logprobs: new Float32Array(0) }
  }
  const { sequence, logprobs } = from.rollout
  const length = Math.min(from.length ?? logprobs.length, logprobs.length)
  const stored = kept.get(from.rollout)
  return {
    tokens: sequence.tokens.subarray(0, sequence.promptLength + length),
    promptLength: sequence.promptLength,
    logprobs: logprobs.subarray(0, length),
    ...(stored === undefined ? {} : { stored }),
  }
}

function newRow(options: SampleRequest, start: Start, request: number, index: number, tokenizer: Tokenizer): Row {
  return {
    request,
    index,
    options,
    tokens: [...start.tokens],
    promptLength: start.promptLength,
    given: tokenizer.decode(start.tokens.subarray(start.promptLength)).length,
    logprobs: [...start.logprobs],
    rng: random(`${options.seed}/${index}`),
  }
}

/** Reads the starts that are not read yet, all but their last tokens, several in one rectangle. */
async function readStarts(
  parts: SamplerParts,
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

/** The completion of a row that has nothing left to say: what it goes on from has ended, or fills the limit. */
function finishedBefore(row: Row, tokenizer: Tokenizer, context: number): Completion | undefined {
  if (row.logprobs.length === 0) return undefined
  const text = () => tokenizer.decode(row.tokens.slice(row.promptLength))
  if (endsAnswer(tokenizer, row.tokens[row.tokens.length - 1])) return { text: text(), finish: 'stop' }
  return isFull(row, context) ? { text: text(), finish: 'length' } : undefined
}

/** The completion, once the row's last token ended it. */
function finished(row: Row, tokenizer: Tokenizer, context: number): Completion | undefined {
  const { stop = [], stopTokens = [] } = row.options
  const last = row.tokens[row.tokens.length - 1]
  const text = () => tokenizer.decode(row.tokens.slice(row.promptLength))
  if (endsAnswer(tokenizer, last) || stopTokens.includes(last)) return { text: text(), finish: 'stop' }
  if (stop.length > 0) {
    const written = text()
    // A stop string counts where it ends in what is new: whoever goes on from a separator has passed that one.
    const cuts = stop
      .map((end) => written.indexOf(end, Math.max(0, row.given - end.length + 1)))
      .filter((at) => at >= 0)
    if (cuts.length > 0) return { text: written.slice(0, Math.min(...cuts)), finish: 'stop' }
  }
  return isFull(row, context) ? { text: text(), finish: 'length' } : undefined
}

function isFull({ tokens, promptLength, options }: Row, context: number): boolean {
  return tokens.length - promptLength >= options.maxTokens || tokens.length >= context
}

function rolloutOf(row: Row, completion: Completion): Rollout {
  return {
    sample: { prompt: row.options.prompt, completion },
    sequence: { tokens: Int32Array.from(row.tokens), promptLength: row.promptLength },
    logprobs: Float32Array.from(row.logprobs),
  }
}

function integers(list: readonly number[]) {
  return { data: BigInt64Array.from(list, BigInt), dims: [list.length] }
}
