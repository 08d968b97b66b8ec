/** The embedded engine: a policy that samples and learns in this process, on ONNX Runtime. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { GuerdonError } from '../../data/error.ts'
import type { HubProgress } from '../../data/hubCache.ts'
import { random } from '../../data/random.ts'
import type { Readout, Want } from '../../data/readout.ts'
import { completionLength, type Rollout, type Sequence } from '../../data/rollout.ts'
import { openSafetensors, writeSafetensors } from '../../data/safetensors.ts'
import type { Value } from '../../graph/index.ts'
import { type AdamWState, adamW, adamWState } from '../../nn/adamw.ts'
import { loadModel, namedTensors, saveModel } from '../../nn/checkpoint.ts'
import { type DecoderConfig, type NanoSize, nanoConfig } from '../../nn/config.ts'
import { decoderLayout } from '../../nn/decoder.ts'
import { initialise, view } from '../../nn/parameters.ts'
import { readTensors } from '../../nn/weightSource.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'
import { checkVocabularyFits } from '../../text/vocabularyFit.ts'
import type { Coefficients, ForwardOptions, FrozenPolicy, Policy } from '../policy.ts'
import type { StoredKeys } from './cache.ts'
import { influenceReader } from './influence.ts'
import { type Microbatch, microbatches } from './microbatch.ts'
import { openModel } from './openModel.ts'
import { type DecodeProgram, decodeProgram, localPrograms, type Programs, type Readable } from './programs.ts'
import { sampleRows } from './sampler.ts'
import type { Snapshot } from './weights.ts'

export interface LocalOptions {
  /** Threads inside an operator. Default: the machine's cores. */
  readonly threads?: number
  /** Megabytes that one microbatch's activations may take. Default 768. */
  readonly memoryBudget?: number
  /** Most completions that decode together. Default 128. */
  readonly rows?: number
  /** Writes ONNX Runtime's trace of the backward program to a file that begins like this, when the policy is closed. */
  readonly profile?: string
  /** Called while a model is fetched from the hub. */
  readonly onDownload?: (progress: HubProgress) => void
}

/** A policy in this process. */
export interface LocalPolicy extends Policy {
  readonly config: DecoderConfig
  /** All weights, in the order of the model's layout: read, never written. */
  weights(): Float32Array
  /** The gradient gathered since the last step. */
  gradient(): Float32Array
  /** Frees what the engine holds outside JavaScript. */
  close(): Promise<void>
}

/**
 * A model in a Hugging Face folder (config.json, model.safetensors, tokenizer.json), with its optimiser if saved by
 * Guerdon; or in a .gguf file; or by its name on the hub (`ORGANISATION/MODEL`), from the cache or the network.
 */
export async function local(nameOrPath: string, options: LocalOptions = {}): Promise<LocalPolicy> {
  const { config, values, tokenizer, folder } = await openModel(nameOrPath, options)
  const state = folder === undefined ? undefined : await loadOptimiser(folder, config)
  return localPolicy(config, values, tokenizer, options, state)
}

/** A new nano model for a tokenizer's vocabulary, its weights drawn from a seed. */
export function nano(
  size: NanoSize,
  tokenizer: Tokenizer,
  options: LocalOptions & { readonly seed: number | string; readonly context?: number; readonly valueHead?: boolean },
): LocalPolicy {
  const config = nanoConfig(size, tokenizer.vocabularySize, options)
  const values = initialise(decoderLayout(config), random(`weights ${options.seed}`))
  return localPolicy(config, values, tokenizer, options)
}

/** A policy from a model's parts. */
export function localPolicy(
  config: DecoderConfig,
  initial: Float32Array,
  tokenizer: Tokenizer,
  options: LocalOptions = {},
  optimiser?: AdamWState,
): LocalPolicy {
  checkVocabularyFits(tokenizer, config.vocabulary)
  const threads = options.threads ?? availableParallelism()
  const budget = (options.memoryBudget ?? 768) * 2 ** 20
  const plan = decoderLayout(config)
  const programs = localPrograms({ config, plan }, threads, options.profile)
  const influence = influenceReader(config, threads, budget)
  const adam = optimiser ?? adamWState(plan.size)
  const gradient = new Float32Array(plan.size)
  let snapshot: Snapshot = { config, plan, values: initial }
  let shared = false
  let decoder: Promise<DecodeProgram> | undefined
  let kept = new WeakMap<Rollout, StoredKeys>()

  /** The decoder and what it has read belong to weights that are no more. */
  const forgetDecoder = async () => {
    const old = decoder
    decoder = undefined
    kept = new WeakMap()
    await (await old)?.close()
  }

  const reading =
    (of: Snapshot): FrozenPolicy['forward'] =>
    (sequences, want, asked) => {
      const plain: FrozenPolicy['forward'] = (some, wanted, told) => readOut(programs, of, budget, some, wanted, told)
      return want.includes('influence')
        ? influence.read(of, plain, sequences, want, asked)
        : plain(sequences, want, asked)
    }

  return {
    tokenizer,
    config,
    contextLength: config.context,
    weights: () => snapshot.values,
    gradient: () => gradient,
    async *sample(requests, signal) {
      decoder ??= decodeProgram(snapshot, threads)
      const { prefill } = programs
      const rows = options.rows ?? 128
      yield* sampleRows({ snapshot, tokenizer, decode: await decoder, prefill, kept, rows }, requests, signal)
    },
    forward: (sequences, want, asked) => reading(snapshot)(sequences, want, asked),
    async backward(sequences, coefficients) {
      checkSequences(config, sequences)
      checkCoefficients(config, sequences, coefficients)
      const logprobs = sequences.map(() => new Float32Array(0))
      for (const piece of microbatches(sequences, (sequence) => sequence.promptLength, config, budget)) {
        const slopes = await programs.backward(snapshot, piece, {
          logprobs: joined(piece, coefficients, 'logprobs'),
          ...(config.valueHead ? { values: joined(piece, coefficients, 'values') } : {}),
        })
        for (const [name, place] of plan.ofPart) addTo(view(gradient, place), slopes[name].data)
        piece.members.forEach((i, row) => {
          logprobs[i] = slopes.logprobs.data.slice(piece.offsets[row], piece.offsets[row + 1])
        })
      }
      return { logprobs }
    },
    async step(options) {
      if (shared) {
        snapshot = { ...snapshot, values: snapshot.values.slice() }
        shared = false
      }
      const gradientNorm = adamW(plan, snapshot.values, gradient, adam, options)
      gradient.fill(0)
      if (!Number.isFinite(gradientNorm))
        throw new GuerdonError(
          `the gradient's norm is ${gradientNorm}: this step was not made and the weights are as before`,
          {
            fix: 'look for infinite rewards or coefficients; lower the learning rate',
          },
        )
      await forgetDecoder()
      return { gradientNorm }
    },
    freeze(): FrozenPolicy {
      shared = true
      return { forward: reading(snapshot) }
    },
    async save(folder) {
      const { endId, padId } = tokenizer
      await saveModel(folder, snapshot, { endId, padId, files: tokenizer.files() })
      await writeSafetensors(join(folder, optimiserFile), [
        ...namedTensors(plan, adam.first).map((tensor) => ({ ...tensor, name: `first.${tensor.name}` })),
        ...namedTensors(plan, adam.second).map((tensor) => ({ ...tensor, name: `second.${tensor.name}` })),
        { name: 'steps', shape: [1], data: BigInt64Array.of(BigInt(adam.steps)) },
      ])
    },
    async load(folder) {
      const saved = await loadModel(folder)
      if (!isDeepStrictEqual(saved.config, config))
        throw new GuerdonError('the saved model has another shape than this policy', { where: folder })
      const restored = (await loadOptimiser(folder, config)) ?? adamWState(plan.size)
      snapshot = { config, plan, values: saved.values }
      shared = false
      adam.first.set(restored.first)
      adam.second.set(restored.second)
      adam.steps = restored.steps
      gradient.fill(0)
      await forgetDecoder()
    },
    async close() {
      await forgetDecoder()
      await programs.close()
      await influence.close()
    },
  }
}

const optimiserFile = 'optimizer.safetensors'

async function loadOptimiser(folder: string, config: DecoderConfig): Promise<AdamWState | undefined> {
  const path = join(folder, optimiserFile)
  const file = await openSafetensors(path).catch((error: unknown) => {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const plan = decoderLayout(config)
    const part = (prefix: string) =>
      readTensors(
        {
          ...file,
          tensors: unprefixed(file.tensors, prefix),
          readInto: (name, target) => file.readInto(`${prefix}${name}`, target),
        },
        plan,
      )
    const [steps] = await file.read('steps')
    return { first: await part('first.'), second: await part('second.'), steps: Number(steps) }
  } finally {
    await file.close()
  }
}

function unprefixed<T>(tensors: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  return new Map(
    [...tensors].flatMap(([name, info]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), info] as const] : [],
    ),
  )
}

/** Reads sequences out, microbatch by microbatch. */
async function readOut(
  programs: Programs,
  snapshot: Snapshot,
  budget: number,
  sequences: readonly Sequence[],
  want: readonly Want[],
  { over = 'completion', top = 5 }: ForwardOptions = {},
): Promise<Readout[]> {
  const { config } = snapshot
  checkSequences(config, sequences)
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
  for (const piece of microbatches(sequences, start, config, budget)) {
    const results = await run(snapshot, piece)
    const topIds = results.topIds === undefined ? undefined : Int32Array.from(results.topIds.data, Number)
    piece.members.forEach((i, row) => {
      const cut = (name: string, width = 1) =>
        floats(results[name]).slice(piece.offsets[row] * width, piece.offsets[row + 1] * width)
      readouts[i] = {
        ...(readable.includes('logprobs') ? { logprobs: cut('logprobs') } : {}),
        ...(readable.includes('entropy') ? { entropy: cut('entropy') } : {}),
        ...(readable.includes('values') ? { values: cut('values') } : {}),
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

/** The members' coefficients end to end, in the order of the microbatch's rows; zeros where none are given. */
function joined(piece: Microbatch, coefficients: readonly Coefficients[], kind: keyof Coefficients): Value<'float32'> {
  const data = new Float32Array(piece.rows.data.length)
  piece.members.forEach((i, row) => {
    const given = coefficients[i][kind]
    if (given !== undefined) data.set(given, piece.offsets[row])
  })
  return { data, dims: [data.length] }
}

function addTo(total: Float32Array, more: Float32Array): void {
  for (let i = 0; i < total.length; i++) total[i] += more[i]
}

function checkSequences(config: DecoderConfig, sequences: readonly Sequence[]): void {
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

function checkCoefficients(
  config: DecoderConfig,
  sequences: readonly Sequence[],
  coefficients: readonly Coefficients[],
): void {
  if (coefficients.length !== sequences.length)
    throw new GuerdonError(`backward: ${sequences.length} sequences but coefficients for ${coefficients.length}`)
  coefficients.forEach((given, i) => {
    const expected = completionLength(sequences[i])
    for (const kind of ['logprobs', 'values'] as const)
      if ((given[kind]?.length ?? expected) !== expected)
        throw new GuerdonError(
          `backward: sequence ${i} has ${expected} completion tokens but was given ${given[kind]?.length} ${kind} coefficients`,
        )
    if (given.values !== undefined && !config.valueHead)
      throw new GuerdonError('backward: this model has no value head', { fix: 'make it with valueHead: true' })
  })
}
