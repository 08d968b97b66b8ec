/**
 * Keys and values of the rows being sampled, kept on this side: [rows, keyValueHeads, capacity, headSize] for every
 * layer. A decode step reads them in place and hands back only the new token's, which are written in here; rows that
 * finish leave, and the capacity stays close to the longest row.
 */
import type { Value } from '../../graph/index.ts'
import type { DecoderConfig } from '../../nn/config.ts'

/** Capacity grows by this many tokens at a time. */
const growth = 16

/** One sequence's keys and values: for every layer [keyValueHeads, length, headSize]. */
export interface StoredKeys {
  readonly length: number
  readonly keys: readonly Float32Array[]
  readonly values: readonly Float32Array[]
}

export class KeyValueCache {
  readonly lengths: number[] = []
  readonly #config: DecoderConfig
  readonly #keys: Float32Array[]
  readonly #values: Float32Array[]
  #capacity = growth

  constructor(config: DecoderConfig) {
    this.#config = config
    this.#keys = Array.from({ length: config.layers }, () => new Float32Array(0))
    this.#values = Array.from({ length: config.layers }, () => new Float32Array(0))
  }

  get rows(): number {
    return this.lengths.length
  }

  /** The caches as a decode step's inputs. */
  feeds(): Record<string, Value<'float32'>> {
    const { keyValueHeads, headSize } = this.#config
    const dims = [this.rows, keyValueHeads, this.#capacity, headSize]
    const used = dims.reduce((product, size) => product * size, 1)
    const feeds: Record<string, Value<'float32'>> = {}
    for (const [layer, keys] of this.#keys.entries()) {
      feeds[`keys.${layer}`] = { data: keys.subarray(0, used), dims }
      feeds[`values.${layer}`] = { data: this.#values[layer].subarray(0, used), dims }
    }
    return feeds
  }

  /** New last rows. */
  addAll(rows: readonly StoredKeys[]): void {
    // Once for all of them: growing moves everything that is there.
    this.#reserve(this.rows + rows.length, Math.max(0, ...rows.map(({ length }) => length)) + 1)
    for (const each of rows) this.#add(each)
  }

  #add(stored: StoredKeys): void {
    const row = this.rows
    this.lengths.push(stored.length)
    this.#eachLayer((cache, layer, kind) => this.#write(cache, row, stored[kind][layer], stored.length))
  }

  /** Writes every row's new token from a decode step's outputs (all layers' end to end), and makes room for the next. */
  append(outputs: Readonly<Record<'keys' | 'values', Value<'float32'>>>): void {
    const { keyValueHeads, headSize } = this.#config
    const width = keyValueHeads * headSize
    this.#eachLayer((cache, layer, kind) => {
      const data = outputs[kind].data.subarray(layer * this.rows * width, (layer + 1) * this.rows * width)
      for (let row = 0; row < this.rows; row++) {
        const length = this.lengths[row]
        for (let head = 0; head < keyValueHeads; head++) {
          const to = ((row * keyValueHeads + head) * this.#capacity + length) * headSize
          const from = row * width + head * headSize
          for (let i = 0; i < headSize; i++) cache[to + i] = data[from + i]
        }
      }
    })
    for (let row = 0; row < this.rows; row++) this.lengths[row]++
    this.#reserve(this.rows, Math.max(0, ...this.lengths) + 1)
  }

  /** Removes a row; the last row takes its place. */
  remove(row: number): void {
    const last = this.rows - 1
    const size = this.#config.keyValueHeads * this.#capacity * this.#config.headSize
    if (row !== last) this.#eachLayer((cache) => cache.copyWithin(row * size, last * size, (last + 1) * size))
    this.lengths[row] = this.lengths[last]
    this.lengths.pop()
  }

  /** A copy of one row, for continuing from it later. */
  store(row: number): StoredKeys {
    const { keyValueHeads, headSize } = this.#config
    const length = this.lengths[row]
    const copy = (cache: Float32Array) => {
      const piece = new Float32Array(keyValueHeads * length * headSize)
      for (let head = 0; head < keyValueHeads; head++) {
        const from = (row * keyValueHeads + head) * this.#capacity * headSize
        piece.set(cache.subarray(from, from + length * headSize), head * length * headSize)
      }
      return piece
    }
    return { length, keys: this.#keys.map(copy), values: this.#values.map(copy) }
  }

  #eachLayer(visit: (cache: Float32Array, layer: number, kind: 'keys' | 'values') => void): void {
    for (let layer = 0; layer < this.#config.layers; layer++) {
      visit(this.#keys[layer], layer, 'keys')
      visit(this.#values[layer], layer, 'values')
    }
  }

  #write(cache: Float32Array, row: number, piece: Float32Array, length: number): void {
    const { keyValueHeads, headSize } = this.#config
    for (let head = 0; head < keyValueHeads; head++) {
      const to = (row * keyValueHeads + head) * this.#capacity * headSize
      cache.set(piece.subarray(head * length * headSize, (head + 1) * length * headSize), to)
    }
  }

  /** Room for this many rows of this many tokens; what is there is kept. */
  #reserve(rows: number, tokens: number): void {
    const capacity = tokens <= this.#capacity ? this.#capacity : Math.ceil(tokens / growth) * growth
    const { keyValueHeads, headSize } = this.#config
    const [before, after] = [this.#capacity * headSize, capacity * headSize]
    const strips = this.rows * keyValueHeads
    const needed = rows * keyValueHeads * after
    const roomy = (cache: Float32Array) => {
      if (needed > cache.length) {
        const larger = new Float32Array(Math.max(needed, 2 * cache.length))
        for (let i = 0; i < strips; i++) larger.set(cache.subarray(i * before, (i + 1) * before), i * after)
        return larger
      }
      // In place, from the end: a strip's new place begins behind the old places of those before it.
      if (after !== before)
        for (let i = strips - 1; i > 0; i--) cache.copyWithin(i * after, i * before, (i + 1) * before)
      return cache
    }
    this.#eachLayer((cache, layer, kind) => {
      if (kind === 'keys') this.#keys[layer] = roomy(cache)
      else this.#values[layer] = roomy(cache)
    })
    this.#capacity = capacity
  }
}
