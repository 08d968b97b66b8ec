/**
 * Seeded randomness. Every random choice in Guerdon comes from a `Random`, whose whole state is five numbers that fit
 * in a checkpoint. Generator: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state with a counter.
 */

/** The state of a generator: four 32-bit words. */
export type RandomState = readonly [number, number, number, number]

export interface Random {
  /** Uniform in [0, 1), 32 bits of it. */
  next(): number
  /** A whole number in [low, high], both ends included. */
  int(low: number, high: number): number
  /** Standard normal (Box-Muller; one call uses two uniforms, nothing is kept between calls). */
  normal(): number
  /** One element. Throws on an empty list. */
  pick<T>(list: readonly T[]): T
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(list: readonly T[]): T[]
  state(): RandomState
}

/** A generator from a seed (any finite number or any string): the same seed gives the same numbers on every machine. */
export function random(seed: number | string): Random {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(String(seed))) hash = Math.imul(hash ^ byte, 0x01000193)
  const word = () => {
    hash = (hash + 0x9e3779b9) | 0
    let z = hash
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  const generator = restoreRandom([word(), word(), word(), 1])
  // The counter starts low: run past the first outputs, which still show the seed.
  for (let i = 0; i < 12; i++) generator.next()
  return generator
}

/** A generator that goes on exactly where `state()` was taken. */
export function restoreRandom(state: RandomState): Random {
  let [a, b, c, counter] = state.map((word) => word | 0)
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return (sum >>> 0) / 4294967296
  }
  const int = (low: number, high: number) => low + Math.floor(next() * (high - low + 1))
  return {
    next,
    int,
    normal() {
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      return radius * Math.cos(2 * Math.PI * next())
    },
    pick(list) {
      if (list.length === 0) throw new RangeError('pick: the list is empty')
      return list[int(0, list.length - 1)]
    },
    shuffle(list) {
      const copy = [...list]
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(0, i)
        const held = copy[i]
        copy[i] = copy[j]
        copy[j] = held
      }
      return copy
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, counter >>> 0],
  }
}
