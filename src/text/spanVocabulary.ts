/**
 * Numbers for tokens: equal stretches of text get equal ids, 0, 1, 2... in the order met. An open-addressing hash table
 * over the characters themselves, compared in full, so that ids are exact and no string is made.
 */
import type { TokenSpans } from './tokenSpans.ts'

export interface SpanVocabulary {
  /** Forgets every token and makes room for `tokens` of them. */
  clear(tokens: number): void
  /** The ids of spans, written to `ids`; tokens not met before are added. */
  add(spans: TokenSpans, ids: Int32Array): void
  /** The ids of spans, -1 for a token that was never added. */
  find(spans: TokenSpans, ids: Int32Array): void
}

/** An empty vocabulary. */
export function spanVocabulary(): SpanVocabulary {
  // slots[s] is an id plus one; the rest is by id.
  let slots = new Int32Array(512)
  let mask = slots.length - 1
  let hashes = new Int32Array(256)
  let starts = new Int32Array(256)
  let ends = new Int32Array(256)
  const texts: string[] = []
  let size = 0

  const look = (spans: TokenSpans, ids: Int32Array, adding: boolean) => {
    const text = spans.text
    for (let k = 0; k < spans.count; k++) {
      const start = spans.starts[k]
      const end = spans.ends[k]
      let hash = end - start
      for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
      hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
      let slot = (hash ^ (hash >>> 13)) & mask
      let id = -1
      while (slots[slot] !== 0) {
        const other = slots[slot] - 1
        if (hashes[other] === hash && same(text, start, end, texts[other], starts[other], ends[other])) {
          id = other
          break
        }
        slot = (slot + 1) & mask
      }
      if (id < 0 && adding) {
        id = size++
        slots[slot] = id + 1
        hashes[id] = hash
        starts[id] = start
        ends[id] = end
        texts[id] = text
      }
      ids[k] = id
    }
  }

  return {
    clear(tokens) {
      let wanted = 64
      while (wanted < 2 * tokens) wanted *= 2
      if (wanted > slots.length) {
        slots = new Int32Array(wanted)
        hashes = new Int32Array(wanted / 2)
        starts = new Int32Array(wanted / 2)
        ends = new Int32Array(wanted / 2)
      }
      slots.fill(0, 0, wanted)
      mask = wanted - 1
      texts.length = 0
      size = 0
    },
    add: (spans, ids) => look(spans, ids, true),
    find: (spans, ids) => look(spans, ids, false),
  }
}

function same(a: string, aStart: number, aEnd: number, b: string, bStart: number, bEnd: number): boolean {
  if (aEnd - aStart !== bEnd - bStart) return false
  for (let i = aStart, j = bStart; i < aEnd; i++, j++) {
    if (a.charCodeAt(i) !== b.charCodeAt(j)) return false
  }
  return true
}
