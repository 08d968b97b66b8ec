/** The embedded engine: a policy that samples and learns in this process, on ONNX Runtime. */
import { availableParallelism, totalmem } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import { GuerdonError } from '../../data/error.ts'
import type { HubProgress } from '../../data/hubCache.ts'
import { random } from '../../data/random.ts'
import type { Rollout, Sequence } from '../../data/rollout.ts'
import type { Device } from '../../graph/index.ts'
import { type AdamWState, adamW, adamWState } from '../../nn/adamw.ts'
import { loadAdapter, readAdapterConfig, saveAdapter } from '../../nn/adapterFiles.ts'
import { loadModel, saveModel } from '../../nn/checkpoint.ts'
import { type DecoderConfig, type NanoSize, nanoConfig } from '../../nn/config.ts'
import { decoderLayout } from '../../nn/decoder.ts'
import { type LoraOptions, loraLayout, loraSettings, merged } from '../../nn/lora.ts'
import { initialise, type Layout } from '../../nn/parameters.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'
import { checkVocabularyFits } from '../../text/vocabularyFit.ts'
import type { FrozenPolicy, Policy } from '../policy.ts'
import { checkCoefficients, goBackward } from './backward.ts'
import type { StoredKeys } from './cache.ts'
import type { SamplingWeights } from './decodeProgram.ts'
import { openDecoders } from './decoders.ts'
import { checkDevice } from './deviceCheck.ts'
import { influenceReader } from './influence.ts'
import { laneCount, openLanes, sharedCopy, worthLanes } from './lanes.ts'
import { checkMemory, type MemoryPlan, memoryPlan } from './memoryPlan.ts'
import { pieceLimits } from './microbatch.ts'
import { openModel } from './openModel.ts'
import { loadOptimiser, saveOptimiser } from './optimiserFile.ts'
import { type Engine, localPrograms } from './programs.ts'
import { checkSequences, readOut } from './readOut.ts'
import { decodeRows } from './rows.ts'
import { type SamplerParts, sampleRows } from './sampler.ts'
import { learned, type Snapshot, withLearned } from './weights.ts'

export interface LocalOptions {
  /** Threads inside an operator. Default: the machine's cores. */
  readonly threads?: number
  /** Where programs run; another device's numbers are compared with the processor's when it is first used. Default 'cpu'. */
  readonly device?: Device
  /** Megabytes that one microbatch's activations may take. Default 768. */
  readonly memoryBudget?: number
  /** Most completions that decode together. Default 128. */
  readonly rows?: number
  /** Writes ONNX Runtime's trace of the backward program to a file that begins like this, when the policy is closed. */
  readonly profile?: string
  /** Low-rank adapters learn and the model itself is frozen. Default: the model learns. */
  readonly lora?: LoraOptions
  /**
   * How the model's matrices are kept for sampling. 'int8' reads a quarter of the memory a token, which pays where a
   * model does not learn or only its adapters do; its log-probs are those of the rounded model, not `forward`'s.
   * Default 'float32'.
   */
  readonly sampling?: SamplingWeights
  /** Called while a model is fetched from the hub. */
  readonly onDownload?: (progress: HubProgress) => void
}

/** A policy in this process. */
export interface LocalPolicy extends Policy {
  readonly config: DecoderConfig
  /** What it will take of the machine's memory when it samples and learns. */
  readonly memory: MemoryPlan
  /** All weights, in the order of the model's layout: read, never written. With adapters: those of the frozen base. */
  weights(): Float32Array
  /** The adapters' weights; undefined where the model itself learns. */
  adapters(): Snapshot['lora']
  /** The gradient gathered since the last step. */
  gradient(): Float32Array
  /** Writes a Hugging Face folder of the model alone, its adapters worked in. */
  saveMerged(folder: string): Promise<void>
  /** Frees what the engine holds outside JavaScript. */
  close(): Promise<void>
}

/**
 * A model in a Hugging Face folder (config.json, model.safetensors, tokenizer.json), with its optimiser if saved by
 * Guerdon; or in a .gguf file; or by its name on the hub (`ORGANISATION/MODEL`), from the cache or the network; or
 * adapters in a PEFT folder (adapter_config.json), on the base that it names.
 */
export async function local(nameOrPath: string, options: LocalOptions = {}): Promise<LocalPolicy> {
  const saved = await readAdapterConfig(nameOrPath)
  const base = saved?.base ?? nameOrPath
  const { config, values, tokenizer, folder } = await openModel(base, options)
  const policy = (given: LocalOptions, state?: AdamWState) =>
    localPolicy(config, values, tokenizer, { ...given, baseName: base }, state)
  if (saved !== undefined) {
    const restored = policy({ ...options, lora: saved.settings })
    await restored.load(nameOrPath)
    return restored
  }
  const learning = folder === undefined || options.lora !== undefined
  return policy(options, learning ? undefined : await loadOptimiser(folder, decoderLayout(config)))
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

/** A policy from a model's parts. Throws a GuerdonError with the memory plan where the machine is too small for it. */
export function localPolicy(
  config: DecoderConfig,
  initial: Float32Array,
  tokenizer: Tokenizer,
  options: LocalOptions & { readonly baseName?: string } = {},
  optimiser?: AdamWState,
): LocalPolicy {
  checkVocabularyFits(tokenizer, config.vocabulary)
  const engine: Engine = { threads: options.threads ?? availableParallelism(), device: options.device ?? 'cpu' }
  const { memoryBudget = 768, rows = 128, sampling = 'float32', lora } = options
  const plan = decoderLayout(config)
  const divided = engine.device === 'cpu' && lora === undefined && options.profile === undefined
  const count = divided ? laneCount(plan, engine.threads) : 1
  const memory = memoryPlan(config, {
    memoryBudget,
    rows,
    sampling,
    lanes: count,
    ...(lora === undefined ? {} : { lora }),
  })
  checkMemory(memory, Math.min(totalmem(), process.constrainedMemory() || Infinity))
  const budget = memoryBudget * 2 ** 20
  const limits = pieceLimits(plan, budget, engine.threads)
  const lanes = count > 1 ? openLanes(count, { config, plan, threads: engine.threads, budget, sampling }) : undefined
  const owned = (values: Float32Array) => (lanes === undefined ? values : sharedCopy(values))
  let snapshot: Snapshot = { config, plan, values: owned(initial), ...newAdapters(config, plan, lora) }
  const learning = learned(snapshot).plan
  const programs = localPrograms(snapshot, engine, options.profile)
  const influence = influenceReader(config, engine.threads, budget)
  const { first, second, steps } = optimiser ?? adamWState(learning.size)
  const adam: AdamWState = { first: owned(first), second: owned(second), steps }
  const gradient = owned(new Float32Array(learning.size))
  /** How many pieces have gone backward since the last step: each drops other numbers. */
  let piecesDropped = 0
  let shared = false
  const decoders = openDecoders(engine, sampling)
  /** Counts the weights that decoders are compiled for. */
  let generation = 0
  let checked: Promise<void> | undefined
  let kept = new WeakMap<Rollout, StoredKeys>()

  const ready = () => (checked ??= engine.device === 'cpu' ? Promise.resolve() : checkDevice(snapshot, engine))

  /** What the decoder has read belongs to weights that are no more, and so does the decoder if they are its constants. */
  const forgetDecoder = async (baseToo: boolean) => {
    kept = new WeakMap()
    if (!baseToo) return
    generation++
    await decoders.forget()
  }

  const reading =
    (of: Snapshot): FrozenPolicy['forward'] =>
    async (sequences, want, asked) => {
      checkSequences(config, sequences)
      await ready()
      const plain: FrozenPolicy['forward'] = (some, wanted, told) => readOut(programs, of, limits, some, wanted, told)
      if (want.includes('influence')) return influence.read(of, plain, sequences, want, asked)
      return lanesFor(sequences, 1)?.forward(of.values, sequences, want, asked ?? {}) ?? plain(sequences, want, asked)
    }

  /** The lanes, where there are some and the sequences are worth dividing. */
  const lanesFor = (sequences: readonly Sequence[], passes: 1 | 3) => {
    const tokens = sequences.reduce((sum, each) => sum + each.tokens.length, 0)
    return worthLanes(plan.size, sequences.length, tokens, passes) ? lanes : undefined
  }

  const decode: SamplerParts['decode'] = async function* (requests, rules, signal) {
    const { endId, otherEndIds = [], vocabularySize: known } = tokenizer
    const common = { rows, known, ends: [endId, ...otherEndIds] }
    const completions = requests.reduce((sum, { indices }) => sum + indices.length, 0)
    const most = requests.reduce((sum, { indices, maxTokens }) => sum + indices.length * maxTokens, 0)
    if (lanes !== undefined && rules === undefined && worthLanes(plan.size, completions, most, 1)) {
      yield* lanes.decode(snapshot.values, generation, common, requests, signal)
      return
    }
    const program = await decoders.of(snapshot, generation, requests)
    const parts = { ...common, snapshot, decode: program, prefill: programs.prefill }
    yield* decodeRows(parts, requests, rules, signal)
  }

  return {
    tokenizer,
    config,
    memory,
    contextLength: config.context,
    weights: () => snapshot.values,
    adapters: () => snapshot.lora,
    gradient: () => gradient,
    async *sample(requests, signal) {
      await ready()
      yield* sampleRows({ tokenizer, contextLength: config.context, kept, decode }, requests, signal)
    },
    forward: (sequences, want, asked) => reading(snapshot)(sequences, want, asked),
    async backward(sequences, coefficients, { teachers } = {}) {
      checkSequences(config, sequences)
      checkCoefficients(config, sequences, coefficients)
      await ready()
      const work = { sequences, coefficients, ...(teachers === undefined ? {} : { teachers }) }
      return (
        lanesFor(sequences, 3)?.backward(snapshot.values, work, gradient) ??
        goBackward(programs, snapshot, limits, work, gradient, () => dropoutSeed(adam.steps, piecesDropped++))
      )
    },
    async step(options) {
      if (shared) {
        const before = learned(snapshot).values
        snapshot = withLearned(snapshot, lanes === undefined ? before.slice() : sharedCopy(before))
        shared = false
      }
      const { values } = learned(snapshot)
      const gradientNorm = lanes?.running
        ? await lanes.step(values, gradient, adam, options)
        : adamW(learning, values, gradient, adam, options)
      gradient.fill(0)
      piecesDropped = 0
      if (!Number.isFinite(gradientNorm))
        throw new GuerdonError(
          `the gradient's norm is ${gradientNorm}: this step was not made and the weights are as before`,
          {
            fix: 'look for infinite rewards or coefficients; lower the learning rate',
          },
        )
      await forgetDecoder(snapshot.lora === undefined)
      return { gradientNorm }
    },
    freeze(): FrozenPolicy {
      shared = true
      return { forward: reading(snapshot) }
    },
    async save(folder) {
      if (snapshot.lora === undefined) await saveModel(folder, snapshot, filesOf(tokenizer))
      else await saveAdapter(folder, snapshot.lora, options.baseName)
      await saveOptimiser(folder, learning, adam)
    },
    saveMerged: (folder) => saveModel(folder, { config, plan, values: mergedValues(snapshot) }, filesOf(tokenizer)),
    async load(folder) {
      const values = await loadLearned(folder, snapshot)
      const restored = (await loadOptimiser(folder, learning)) ?? adamWState(learning.size)
      snapshot = withLearned(snapshot, owned(values))
      shared = false
      adam.first.set(restored.first)
      adam.second.set(restored.second)
      adam.steps = restored.steps
      gradient.fill(0)
      piecesDropped = 0
      await forgetDecoder(snapshot.lora === undefined)
    },
    async close() {
      await decoders.close()
      await programs.close()
      await influence.close()
      await lanes?.close()
    },
  }
}

/** Fresh adapters, as a part of a snapshot; none where none are asked for. */
function newAdapters(config: DecoderConfig, base: Layout, options: LoraOptions | undefined): Pick<Snapshot, 'lora'> {
  if (options === undefined) return {}
  if (config.valueHead)
    throw new GuerdonError('a value head cannot learn beside adapters', { fix: 'give the critic a model of its own' })
  const settings = loraSettings(options)
  const plan = loraLayout(base, settings)
  return { lora: { settings, plan, values: initialise(plan, random(`adapters ${options.seed ?? 0}`)) } }
}

/** Spread over [0, 1000), another number for every step and piece. */
function dropoutSeed(step: number, piece: number): number {
  return ((step * 7919 + piece) * 0.6180339887 * 1000) % 1000
}

function filesOf(tokenizer: Tokenizer) {
  const { endId, padId } = tokenizer
  return { endId, padId, files: tokenizer.files() }
}

function mergedValues(snapshot: Snapshot): Float32Array {
  return snapshot.lora === undefined ? snapshot.values : merged(snapshot, snapshot.lora)
}

/** What a folder holds of a policy's learned weights; throws where it is of another shape. */
async function loadLearned(folder: string, { config, lora }: Snapshot): Promise<Float32Array> {
  if (lora !== undefined) return loadAdapter(folder, lora)
  const saved = await loadModel(folder)
  if (!isDeepStrictEqual(saved.config, config))
    throw new GuerdonError('the saved model has another shape than this policy', { where: folder })
  return saved.values
}
