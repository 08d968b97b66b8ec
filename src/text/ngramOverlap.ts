/**
 * How many n-grams of a hypothesis its references hold: the sufficient statistics of BLEU (Papineni et al. 2002,
 * section 2.1), from which every variant of it is computed and which add up over a corpus.
 */
import { GuerdonError } from '../data/error.ts'
import { checkOrder, greatestOrder, ngramTrie } from './ngramTrie.ts'
import { spanVocabulary } from './spanVocabulary.ts'
import { type SpanTokeniser, type TokenSpans, tokenSpans } from './tokenSpans.ts'

/** Counts per order, index n - 1 for n-grams of n tokens. */
export interface NgramOverlap {
  /** Clipped matches: each distinct n-gram counts at most as often as the reference that has it most often. */
  readonly matches: readonly number[]
  /** How many n-grams the hypothesis has. */
  readonly totals: readonly number[]
  readonly hypothesisLength: number
  /** The length of each reference. */
  readonly referenceLengths: readonly number[]
}

// Working memory, used again by each call: nothing in it outlives the call.
const vocabulary = spanVocabulary()
const trie = ngramTrie()
const hypothesisSpans = tokenSpans()
const referenceSpans: TokenSpans[] = []
const matches = new Int32Array(greatestOrder)
let ids = new Int32Array(256)

/**
 * The overlap of a hypothesis with its references. An empty reference list or an order outside 1..64 is a GuerdonError.
 */
export function ngramOverlap(
  hypothesis: string,
  references: readonly string[],
  tokenise: SpanTokeniser,
  order: number,
): NgramOverlap {
  if (references.length === 0) {
    throw new GuerdonError('there is no reference to compare with', { fix: 'give at least one reference per text' })
  }
  checkOrder(order)
  const referenceLengths = loadReferences(references, tokenise, order)
  tokenise(hypothesis, hypothesisSpans)
  const length = hypothesisSpans.count
  reserveIds(length)
  vocabulary.find(hypothesisSpans, ids)
  matches.fill(0, 0, order)
  trie.match(ids, length, order, matches)
  const counts = { matches: Array<number>(order), totals: Array<number>(order) }
  for (let n = 0; n < order; n++) {
    counts.matches[n] = matches[n]
    counts.totals[n] = Math.max(0, length - n)
  }
  return { ...counts, hypothesisLength: length, referenceLengths }
}

function loadReferences(references: readonly string[], tokenise: SpanTokeniser, order: number): number[] {
  let tokens = 0
  const lengths: number[] = []
  for (let r = 0; r < references.length; r++) {
    if (r === referenceSpans.length) referenceSpans.push(tokenSpans())
    const spans = referenceSpans[r]
    tokenise(references[r], spans)
    tokens += spans.count
    lengths.push(spans.count)
  }
  vocabulary.clear(tokens)
  trie.clear(tokens * order)
  reserveIds(tokens)
  for (let r = 0; r < references.length; r++) {
    vocabulary.add(referenceSpans[r], ids)
    trie.addReference(ids, lengths[r], order)
  }
  return lengths
}

function reserveIds(length: number): void {
  if (ids.length < length) ids = new Int32Array(2 * length)
}
