/**
 * A model's numbers in one flat array. A block is one input of its programs; a block may be several named weights laid
 * end to end (queries, keys and values), so that one product serves them all and each still has its own name on disk.
 */
import type { Random } from '../data/random.ts'

/** One named weight of a block. */
export interface Part {
  /** Its name in a Hugging Face checkpoint. */
  readonly name: string
  readonly shape: readonly number[]
  /** Standard deviation of its first values, or the constant they all have. */
  readonly initial: { readonly std: number } | { readonly value: number }
}

/** One tensor of the model's programs: its parts, joined along the first axis. */
export interface Block {
  readonly name: string
  readonly shape: readonly number[]
  readonly parts: readonly Part[]
  /** Whether weight decay applies: to matrices, never to norms and biases. */
  readonly decay: boolean
}

/** Where something lies in the flat array. */
export interface Place {
  readonly start: number
  readonly length: number
}

/** The order of a model's blocks and parts in its flat array. */
export interface Layout {
  readonly blocks: readonly Block[]
  readonly size: number
  readonly ofBlock: ReadonlyMap<string, Place>
  readonly ofPart: ReadonlyMap<string, Place & { readonly shape: readonly number[] }>
}

/**
 * Whether a model is so small that an operator is not worth dividing among threads, and that its weights are soon read:
 * at most 8 million numbers.
 */
export function isSmall({ size }: Layout): boolean {
  return size <= 8_000_000
}

/** A block of parts joined along the first axis. */
export function block(name: string, parts: readonly Part[]): Block {
  const [{ shape }] = parts
  const rows = parts.reduce((total, part) => total + part.shape[0], 0)
  return { name, shape: [rows, ...shape.slice(1)], parts, decay: shape.length > 1 }
}

/** Lays blocks end to end. */
export function layout(blocks: readonly Block[]): Layout {
  const ofBlock = new Map<string, Place>()
  const ofPart = new Map<string, Place & { shape: readonly number[] }>()
  let size = 0
  for (const each of blocks) {
    const start = size
    for (const { name, shape } of each.parts) {
      const length = shape.reduce((product, dim) => product * dim, 1)
      ofPart.set(name, { start: size, length, shape })
      size += length
    }
    ofBlock.set(each.name, { start, length: size - start })
  }
  return { blocks, size, ofBlock, ofPart }
}

/** First values, drawn part by part in the layout's order. */
export function initialise(plan: Layout, rng: Random): Float32Array {
  const values = new Float32Array(plan.size)
  for (const { parts } of plan.blocks)
    for (const { name, initial } of parts) {
      const target = view(values, plan.ofPart.get(name))
      if ('value' in initial) target.fill(initial.value)
      else for (let i = 0; i < target.length; i++) target[i] = rng.normal() * initial.std
    }
  return values
}

/** The stretch of a flat array that holds a block or a part; empty where there is none. */
export function view(values: Float32Array, place: Place | undefined): Float32Array {
  return place === undefined ? new Float32Array(0) : values.subarray(place.start, place.start + place.length)
}
