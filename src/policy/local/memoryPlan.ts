/** What a local policy is going to take of the machine's memory, before it takes it. */
import { GuerdonError } from '../../data/error.ts'
import type { DecoderConfig } from '../../nn/config.ts'
import { decoderLayout } from '../../nn/decoder.ts'
import { type LoraOptions, loraLayout, loraSettings } from '../../nn/lora.ts'
import type { SamplingWeights } from './decodeProgram.ts'
import { sequenceBytes } from './microbatch.ts'

export interface MemoryOptions {
  readonly lora?: LoraOptions
  readonly sampling?: SamplingWeights
  /** Megabytes of one microbatch. */
  readonly memoryBudget: number
  /** Most completions that decode together. */
  readonly rows: number
  /** Threads that divide a call, each with a gradient and a sampler of its own. Default 1: none. */
  readonly lanes?: number
  /** Tokens of the longest sequence, prompt and completion. Default: 512, or the model's context where that is less. */
  readonly length?: number
}

/** Bytes by what takes them. */
export interface MemoryPlan {
  readonly parts: Readonly<Record<string, number>>
  readonly total: number
}

/**
 * An estimate of the most that is held at one time: the weights, what learning keeps beside them (a gradient and two
 * moments for everything that learns), the sampler's own copy of the weights and the room to make it, keys and values of
 * all rows on both sides of the engine, and one microbatch's activations.
 */
export function memoryPlan(config: DecoderConfig, options: MemoryOptions): MemoryPlan {
  const { lora, sampling = 'float32', memoryBudget, rows, lanes = 1 } = options
  const { length = Math.min(512, config.context) } = options
  const plan = decoderLayout(config)
  const weights = 4 * plan.size
  const learning = lora === undefined ? plan.size : loraLayout(plan, loraSettings(lora)).size
  const perToken = 2 * config.layers * config.keyValueHeads * config.headSize * 4
  const parts = {
    weights,
    ...(lora === undefined ? {} : { adapters: 4 * learning }),
    'gradient and moments': 12 * learning,
    // Encoded, read by ONNX Runtime and packed: three copies while it is compiled, one and a half afterwards.
    sampler: lanes * (sampling === 'int8' ? 1.2 * weights : 3 * weights),
    ...(lanes === 1 ? {} : { lanes: lanes * (4 * learning + 60 * 2 ** 20) }),
    'keys and values': 2 * rows * length * perToken,
    'one microbatch': Math.max(memoryBudget * 2 ** 20, Math.ceil(sequenceBytes(config, length))),
    'the engine itself': 150 * 2 ** 20,
  }
  return { parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) }
}

/** `weights 0.54 GB, gradient and moments 0.02 GB, ...: 3.1 GB in all`. */
export function memoryText({ parts, total }: MemoryPlan): string {
  const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 2)} GB`
  const each = Object.entries(parts).map(([name, bytes]) => `${name} ${gigabytes(bytes)}`)
  return `memory: ${each.join(', ')}; ${gigabytes(total)} in all`
}

/** Throws a GuerdonError with the plan where it does not fit into `available` bytes. */
export function checkMemory(plan: MemoryPlan, available: number): void {
  if (plan.total <= available) return
  throw new GuerdonError(
    `this needs more memory than the machine has (${(available / 1e9).toFixed(2)} GB). ${memoryText(plan)}`,
    {
      fix: 'learn adapters (lora), keep the sampler in 8 bits (sampling: int8), or lower rows, memoryBudget or the lengths',
    },
  )
}
