/**
 * Reading a prompt into a local model's key/value cache. What it shares with the prompt before it is kept, but only in
 * whole chunks that were read as chunks: a matrix product over 64 rows rounds otherwise than one over 7, so a cache put
 * together from whatever was there would make an answer depend on the questions before it.
 */
import type { LlamaContextSequence, Token } from 'node-llama-cpp'

/** Tokens that are read together. */
const chunk = 64

/** Brings the sequence to a prompt without its last token; gives false where the signal was aborted on the way. */
export function prefiller(
  sequence: LlamaContextSequence,
): (prompt: readonly Token[], signal?: AbortSignal) => Promise<boolean> {
  /** How many tokens at the start of the sequence were read in whole chunks. */
  let aligned = 0
  return async (prompt, signal) => {
    const wanted = prompt.slice(0, -1)
    const same = Math.min(aligned, sequence.compareContextTokens(wanted).firstDifferentIndex)
    await sequence.adaptStateToTokens(wanted.slice(0, same - (same % chunk)), false)
    aligned = sequence.nextTokenIndex
    while (aligned < wanted.length) {
      if (signal?.aborted === true) return false
      const next = wanted.slice(aligned, aligned + chunk)
      await sequence.evaluateWithoutGeneratingNewTokens(next)
      if (next.length < chunk) break
      aligned += chunk
    }
    return signal?.aborted !== true
  }
}
