/** Sampling: prompts to tokens, rows that decode together, and what they wrote as text. */
import type { Completion } from '../../data/message.ts'
import type { Rollout } from '../../data/rollout.ts'
import { endsAnswer, type Tokenizer } from '../../text/tokenizer.ts'
import type { SampledCompletion, SampleRequest } from '../policy.ts'
import { promptTokens } from '../promptTokens.ts'
import type { StoredKeys } from './cache.ts'
import type { FinishedRow, RowRequest, RowRules, Start } from './rows.ts'

export interface SamplerParts {
  readonly tokenizer: Tokenizer
  readonly contextLength: number
  /** Keys and values of rollouts sampled with `keep` under these very weights. */
  readonly kept: WeakMap<Rollout, StoredKeys>
  /** Decodes rows; without rules where tokens alone end them and nothing is kept. */
  readonly decode: (
    requests: readonly RowRequest[],
    rules: RowRules | undefined,
    signal: AbortSignal | undefined,
  ) => AsyncIterable<FinishedRow>
}

export async function* sampleRows(
  parts: SamplerParts,
  requests: readonly SampleRequest[],
  signal?: AbortSignal,
): AsyncGenerator<SampledCompletion> {
  const { tokenizer, kept } = parts
  const starts = requests.map((request) => startOf(parts, request))
  /** UTF-16 code units of the text that a request's completions begin with. */
  const given = starts.map(({ tokens, promptLength }) => tokenizer.decode(tokens.subarray(promptLength)).length)
  const text = (at: number, tokens: Int32Array | readonly number[]) =>
    tokenizer.decode(tokens.slice(starts[at].promptLength))
  const rules: RowRules = {
    stops: ({ request, tokens }) => {
      const { stop = [] } = requests[request]
      return stop.length > 0 && cutAt(text(request, tokens), stop, given[request]) !== undefined
    },
    keeps: (request) => requests[request].keep === true,
  }
  const plain = requests.every(({ stop = [], keep, from }) => stop.length === 0 && keep !== true && from === undefined)
  const rows = requests.map((request, at) => rowRequest(request, starts[at]))
  for await (const row of parts.decode(rows, plain ? undefined : rules, signal)) {
    const request = requests[row.request]
    const completion = completionOf(row, text(row.request, row.tokens), request, given[row.request], tokenizer)
    const sequence = { tokens: row.tokens, promptLength: starts[row.request].promptLength }
    const rollout: Rollout = { sample: { prompt: request.prompt, completion }, sequence, logprobs: row.logprobs }
    if (row.stored !== undefined) kept.set(rollout, row.stored)
    yield { request: row.request, index: row.index, completion, rollout }
  }
}

function startOf(parts: SamplerParts, { prompt, from }: SampleRequest): Start {
  if (from === undefined) {
    const tokens = promptTokens(parts, prompt)
    return { tokens, promptLength: tokens.length, logprobs: new Float32Array(0) }
  }
  const { sequence, logprobs } = from.rollout
  const length = Math.min(from.length ?? logprobs.length, logprobs.length)
  const stored = parts.kept.get(from.rollout)
  return {
    tokens: sequence.tokens.subarray(0, sequence.promptLength + length),
    promptLength: sequence.promptLength,
    logprobs: logprobs.subarray(0, length),
    ...(stored === undefined ? {} : { stored }),
  }
}

function rowRequest({ prompt, count, from, keep, stop, ...options }: SampleRequest, start: Start): RowRequest {
  return { ...options, start, indices: Array.from({ length: count }, (_, index) => index) }
}

/** The first place where one of the strings cuts the text and ends in what is new: whoever goes on from a separator has passed that one. */
function cutAt(written: string, stop: readonly string[], given: number): number | undefined {
  const cuts = stop.map((end) => written.indexOf(end, Math.max(0, given - end.length + 1))).filter((at) => at >= 0)
  return cuts.length === 0 ? undefined : Math.min(...cuts)
}

/** The text up to the stop string that ended it, where one did. */
function completionOf(
  { tokens, finish }: FinishedRow,
  text: string,
  { stop = [], stopTokens = [] }: SampleRequest,
  given: number,
  tokenizer: Tokenizer,
): Completion {
  const last = tokens[tokens.length - 1]
  const byToken = endsAnswer(tokenizer, last) || stopTokens.includes(last)
  return { text: finish === 'stop' && !byToken ? text.slice(0, cutAt(text, stop, given)) : text, finish }
}
