/**
 * N-gram counts with integer keys. Each n-gram of the references is a node of a trie, found from its prefix's node and
 * its last token through a hash table that compares both in full: exact, and no key is ever built as a string.
 * A hypothesis only walks the trie: where an n-gram is missing, every longer one that starts with it is missing too.
 */
import { GuerdonError } from '../data/error.ts'

/** The longest n-gram that metrics accept. */
export const greatestOrder = 64

/** Refuses an n-gram order that is not a whole number from `least` to `greatestOrder`. */
export function checkOrder(order: number, least = 1): void {
  if (Number.isInteger(order) && order >= least && order <= greatestOrder) return
  throw new GuerdonError(`the n-gram order is ${order}, not a whole number from ${least} to ${greatestOrder}`)
}

export interface NgramTrie {
  /** Forgets everything and makes room for `ngrams` n-grams. */
  clear(ngrams: number): void
  /** Counts the n-grams, n = 1..order, of one more reference. A node keeps the maximum over references. */
  addReference(ids: Int32Array, length: number, order: number): void
  /**
   * Adds to matches[n - 1] the clipped matches of a hypothesis: the sum over its distinct n-grams of
   * min(count in the hypothesis, greatest count in a reference). An id of -1 matches nothing.
   */
  match(ids: Int32Array, length: number, order: number, matches: Int32Array): void
}

/** An empty trie. */
export function ngramTrie(): NgramTrie {
  // slots[s] is a node; node 0 is the root, which no slot holds, so 0 means free.
  let slots = new Int32Array(1024)
  let mask = slots.length - 1
  let parents = new Int32Array(512)
  let tokens = new Int32Array(512)
  let greatest = new Int32Array(512)
  // The count in the text now walked, valid where stamps[node] is that text's stamp.
  let counts = new Int32Array(512)
  let stamps = new Int32Array(512)
  let size = 1
  let stamp = 0

  /** Where the child of a node by a token is, or would be: a slot that holds it or is free. */
  const slotOf = (node: number, token: number): number => {
    let slot = hashOf(node, token) & mask
    let child = slots[slot]
    while (child !== 0 && (parents[child] !== node || tokens[child] !== token)) {
      slot = (slot + 1) & mask
      child = slots[slot]
    }
    return slot
  }

  return {
    clear(ngrams) {
      let wanted = 64
      while (wanted < 2 * (ngrams + 1)) wanted *= 2
      if (wanted > slots.length) {
        slots = new Int32Array(wanted)
        parents = new Int32Array(wanted / 2)
        tokens = new Int32Array(wanted / 2)
        greatest = new Int32Array(wanted / 2)
        counts = new Int32Array(wanted / 2)
        stamps = new Int32Array(wanted / 2)
      }
      slots.fill(0, 0, wanted)
      mask = wanted - 1
      size = 1
      stamp = 0
    },
    addReference(ids, length, order) {
      stamp++
      for (let i = 0; i < length; i++) {
        const last = Math.min(length, i + order)
        let node = 0
        for (let j = i; j < last; j++) {
          const token = ids[j]
          const slot = slotOf(node, token)
          let child = slots[slot]
          if (child === 0) {
            child = size++
            slots[slot] = child
            parents[child] = node
            tokens[child] = token
            greatest[child] = 0
            stamps[child] = 0
          }
          if (stamps[child] !== stamp) {
            stamps[child] = stamp
            counts[child] = 0
          }
          counts[child]++
          if (counts[child] > greatest[child]) greatest[child] = counts[child]
          node = child
        }
      }
    },
    match(ids, length, order, matches) {
      stamp++
      for (let i = 0; i < length; i++) {
        const last = Math.min(length, i + order)
        let node = 0
        for (let j = i; j < last; j++) {
          const token = ids[j]
          const child = slots[slotOf(node, token)]
          if (child === 0) break
          if (stamps[child] !== stamp) {
            stamps[child] = stamp
            counts[child] = 0
          }
          if (++counts[child] <= greatest[child]) matches[j - i]++
          node = child
        }
      }
    },
  }
}

function hashOf(node: number, token: number): number {
  const mixed = Math.imul(node, 0x9e3779b1) ^ Math.imul(token + 1, 0x85ebca6b)
  return mixed ^ (mixed >>> 15)
}
