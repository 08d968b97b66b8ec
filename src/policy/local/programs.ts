/** The programs of a local policy: reading sequences out, going back through them, filling caches, one token more. */
import type { Want } from '../../data/readout.ts'
import * as g from '../../graph/index.ts'
import { attentionBlocks } from '../../nn/attention.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { decodeSequences, type KeysValues, weightInputs } from '../../nn/decoder.ts'
import { coarseDivergence, denseDivergence } from '../../nn/divergence.ts'
import {
  alongHead,
  entropy,
  headDirection,
  logits,
  predictionErrors,
  scalarHead,
  targetLogprobs,
} from '../../nn/heads.ts'
import { type Adapters, type LoraSettings, loraScale, seededDropout } from '../../nn/lora.ts'
import type { Layout } from '../../nn/parameters.ts'
import type { Teaching } from './teaching.ts'
import { adapterFeeds, type Snapshot, weightFeeds } from './weights.ts'

/** Tokens as a rectangle, and the places whose next token is asked about: flat indices and those tokens. */
export interface Batch {
  readonly tokens: g.Value<'int64'>
  readonly rows: g.Value<'int64'>
  readonly targets: g.Value<'int64'>
}

/** The readouts a forward program can give; a reference's are another policy's log-probs. */
export type Readable = Exclude<Want, 'reference'>

/** What programs are built from: a snapshot's shape, without its numbers. */
interface Model {
  readonly config: DecoderConfig
  readonly plan: Layout
  readonly lora?: { readonly plan: Layout; readonly settings: LoraSettings }
}

/** Programs, compiled when first run and closed together. */
export interface Programs {
  forward(want: readonly Readable[], top: number): ForwardProgram
  readonly backward: BackwardProgram
  readonly prefill: PrefillProgram
  close(): Promise<void>
}

/**
 * Named results, by readout ('topIds' and 'topLogprobs' for the likeliest tokens). With `influence` the batch is one group,
 * and each row has the weight of its log-prob in the group's direction.
 */
export type ForwardProgram = (
  snapshot: Snapshot,
  batch: Batch,
  direction?: { readonly rowWeights?: g.Value<'float32'> },
) => Promise<Readonly<Record<string, g.Value>>>

/** One gradient per part, from one coefficient per row and readout; gives the rows' log-probs (and divergences) as well. */
export type BackwardProgram = (
  snapshot: Snapshot,
  batch: Batch,
  coefficients: {
    readonly logprobs: g.Value<'float32'>
    readonly values?: g.Value<'float32'>
    readonly divergence?: g.Value<'float32'>
    readonly teaching?: Teaching
    /** Seeds the adapters' dropout, in [0, 1000). */
    readonly dropoutSeed: number
  },
) => Promise<Readonly<Record<string, g.Value<'float32'>>>>

/** Keys and values of every layer, [batch, keyValueHeads, length, headSize], as 'keys.0', 'values.0', ... */
export type PrefillProgram = (
  snapshot: Snapshot,
  tokens: g.Value<'int64'>,
) => Promise<Readonly<Record<string, g.Value<'float32'>>>>

/** What programs run on. */
export interface Engine {
  /** Threads inside an operator. */
  readonly threads: number
  readonly device: g.Device
}

export function localPrograms(model: Model, engine: Engine, profile?: string): Programs {
  const held = new Map<string, Promise<{ close(): Promise<void> }>>()
  const once = <P extends { close(): Promise<void> }>(key: string, make: () => Promise<P>): Promise<P> => {
    const known = held.get(key)
    // A key always names programs of one type: each of the methods below has its own prefix.
    if (known !== undefined) return known as Promise<P>
    const made = make()
    held.set(key, made)
    return made
  }
  return {
    forward: (want, top) => async (snapshot, batch, direction) => {
      const blocks = blocksOf(batch)
      const key = `forward ${[...want].sort().join()} ${top} ${blocks}`
      const program = await once(key, () => forward(model, want, top, blocks, engine))
      return program.run({ ...weightFeeds(snapshot, 'part'), ...adapterFeeds(snapshot), ...batch, ...direction })
    },
    async backward(snapshot, batch, { logprobs, values, divergence, teaching, dropoutSeed }) {
      const blocks = blocksOf(batch)
      const key = `backward ${blocks} ${teaching?.kind ?? ''}`
      const program = await once(key, () => backward(model, blocks, engine, teaching?.kind, profile))
      return program.run({
        ...weightFeeds(snapshot, 'part'),
        ...adapterFeeds(snapshot),
        ...batch,
        logprobCoefficients: logprobs,
        ...(values === undefined ? {} : { valueCoefficients: values }),
        ...(teaching === undefined || divergence === undefined
          ? {}
          : { ...teaching.inputs, divergenceCoefficients: divergence }),
        ...(drops(model) ? { dropoutSeed: { data: Float32Array.of(dropoutSeed), dims: [] } } : {}),
      })
    },
    async prefill(snapshot, tokens) {
      const program = await once('prefill', () => prefill(model, engine))
      return program.run({ ...weightFeeds(snapshot, 'part'), ...adapterFeeds(snapshot), tokens })
    },
    async close() {
      for (const program of held.values()) await (await program).close()
      held.clear()
    },
  }
}

/** A microbatch's length is a multiple of its attention's blocks. */
const blocksOf = (batch: Batch) => attentionBlocks(batch.tokens.dims[1])

function batchInputs(blocks: number) {
  return {
    tokens: g.input('tokens', 'int64', ['batch', g.multiplyDims(blocks, 'block')]),
    rows: g.input('rows', 'int64', ['asked']),
    targets: g.input('targets', 'int64', ['asked']),
  }
}

const drops = ({ lora }: Model) => lora !== undefined && lora.settings.dropout > 0

/** The adapters as inputs of a program; `seed` where their inputs are dropped. */
export function adaptersOf({ lora }: Model, seed?: g.Float): Adapters | undefined {
  if (lora === undefined) return undefined
  const { settings } = lora
  return {
    weights: weightInputs(lora.plan, 'part'),
    scale: (weight) => loraScale(weight, settings),
    ...(seed === undefined ? {} : { drop: seededDropout(settings.dropout, seed) }),
  }
}

function forward(model: Model, want: readonly Readable[], top: number, blocks: number, engine: Engine) {
  const { config, plan } = model
  const weights = weightInputs(plan, 'part')
  const adapters = adaptersOf(model)
  const inputs = batchInputs(blocks)
  const all = decodeSequences(config, weights, inputs.tokens, { blocks, adapters }).hidden
  const hidden = g.gatherRows(all, inputs.rows)
  const outputs: Record<string, g.Tensor> = {}
  const scores = logits(config, weights, hidden)
  if (want.includes('logprobs')) outputs.logprobs = targetLogprobs(scores, inputs.targets)
  if (want.includes('distribution')) outputs.distribution = g.logSoftmax(scores)
  if (want.includes('entropy')) outputs.entropy = entropy(scores)
  if (want.includes('hidden')) outputs.hidden = hidden
  if (want.includes('values')) outputs.values = scalarHead(weights, hidden)
  if (want.includes('topLogprobs')) {
    const best = g.topK(g.logSoftmax(scores), top)
    outputs.topLogprobs = best.values
    outputs.topIds = best.indices
  }
  const direction = want.includes('influence') ? { rowWeights: g.input('rowWeights', 'float32', ['asked']) } : undefined
  if (direction !== undefined) {
    const errors = predictionErrors(scores, inputs.targets)
    outputs.influence = alongHead(errors, hidden, headDirection(errors, hidden, direction.rowWeights))
  }
  return g.compile({ ...weights, ...adapters?.weights, ...inputs, ...direction }, outputs, engine)
}

/** The divergence from a teacher, and what it needs as inputs. */
function divergenceHead(kind: Teaching['kind'], scores: g.Float) {
  if (kind === 'dense') {
    const inputs = { teacher: g.input('teacher', 'float32', ['asked', scores.shape[1]]) }
    return { inputs, divergence: denseDivergence(scores, inputs.teacher) }
  }
  const inputs = {
    teacher: g.input('teacher', 'float32', ['asked', 'named']),
    teacherIds: g.input('teacherIds', 'int64', ['asked', 'named']),
    teacherRest: g.input('teacherRest', 'float32', ['asked']),
  }
  return { inputs, divergence: coarseDivergence(scores, inputs.teacherIds, inputs.teacher, inputs.teacherRest) }
}

function backward(model: Model, blocks: number, engine: Engine, kind?: Teaching['kind'], profile?: string) {
  const { config, plan } = model
  const weights = weightInputs(plan, 'part')
  const dropoutSeed = drops(model) ? g.input('dropoutSeed', 'float32', []) : undefined
  const adapters = adaptersOf(model, dropoutSeed)
  const inputs = batchInputs(blocks)
  const all = decodeSequences(config, weights, inputs.tokens, { blocks, adapters }).hidden
  const hidden = g.gatherRows(all, inputs.rows)
  const scores = logits(config, weights, hidden)
  const logprobs = targetLogprobs(scores, inputs.targets)
  const taught = kind === undefined ? undefined : divergenceHead(kind, scores)
  const coefficients = {
    logprobCoefficients: g.input('logprobCoefficients', 'float32', ['asked']),
    ...(config.valueHead ? { valueCoefficients: g.input('valueCoefficients', 'float32', ['asked']) } : {}),
    ...(taught === undefined
      ? {}
      : { divergenceCoefficients: g.input('divergenceCoefficients', 'float32', ['asked']) }),
  }
  const sources: g.Source[] = [{ of: logprobs, cotangent: coefficients.logprobCoefficients }]
  if (coefficients.valueCoefficients !== undefined)
    sources.push({ of: scalarHead(weights, hidden), cotangent: coefficients.valueCoefficients })
  if (taught !== undefined && coefficients.divergenceCoefficients !== undefined)
    sources.push({ of: taught.divergence, cotangent: coefficients.divergenceCoefficients })
  const learning = adapters?.weights ?? weights
  const names = Object.keys(learning)
  const slopes = g.gradients(
    sources,
    names.map((name) => learning[name]),
  )
  const outputs = Object.fromEntries(names.map((name, i) => [name, slopes[i]]))
  return g.compile(
    {
      ...weights,
      ...adapters?.weights,
      ...inputs,
      ...coefficients,
      ...taught?.inputs,
      ...(dropoutSeed === undefined ? {} : { dropoutSeed }),
    },
    { ...outputs, logprobs, ...(taught === undefined ? {} : { divergence: taught.divergence }) },
    { ...engine, ...(profile === undefined ? {} : { profile }) },
  )
}

function prefill(model: Model, engine: Engine) {
  const { config, plan } = model
  const weights = weightInputs(plan, 'part')
  const adapters = adaptersOf(model)
  const tokens = g.input('tokens', 'int64', ['batch', 'length'])
  const read = decodeSequences(config, weights, tokens, { adapters })
  return g.compile({ ...weights, ...adapters?.weights, tokens }, layered(read), engine)
}

/** Keys and values of every layer by name. */
export function layered({ keys, values }: KeysValues): Record<string, g.Float> {
  return Object.fromEntries([
    ...keys.map((each, i) => [`keys.${i}`, each]),
    ...values.map((each, i) => [`values.${i}`, each]),
  ])
}
