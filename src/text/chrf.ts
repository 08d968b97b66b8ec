/**
 * chrF and chrF++, number for number as sacreBLEU 2.6 computes them (Popović 2015, 2017): the F-score of character
 * n-grams, n = 1..6, and of word n-grams where a word order is set (2 makes it chrF++):
 *
 *     chrF = 100 (1 + β²) P R / (β² P + R),   P and R the means over orders of matches / hypothesis and / reference
 *
 * Of several references the one with the best score counts.
 */
import { GuerdonError } from '../data/error.ts'
import { checkCorpus } from './bleu.ts'
import { spansOfWords } from './metricTokenisers.ts'
import { checkOrder, greatestOrder, ngramTrie } from './ngramTrie.ts'
import { isPythonSpace } from './pythonText.ts'
import { spanVocabulary } from './spanVocabulary.ts'
import { type TokenSpans, tokenSpans } from './tokenSpans.ts'

export interface ChrfOptions {
  /** The longest character n-gram. Default 6. */
  readonly characterOrder?: number
  /** The longest word n-gram: 0 for chrF (the default), 2 for chrF++. */
  readonly wordOrder?: number
  /** How much more recall weighs than precision. Default 2. */
  readonly beta?: number
  /** Default false. */
  readonly lowercase?: boolean
  /** Keeps white space among the characters. Default false. */
  readonly whitespace?: boolean
  /** The mean of each order's F-score, empty orders at 1e-16, as the first chrF++.py had it. Default false. */
  readonly epsilonSmoothing?: boolean
}

/** chrF of one text against its references, in [0, 100]. At least one reference, or a GuerdonError. */
export function sentenceChrf(hypothesis: string, references: readonly string[], options: ChrfOptions = {}): number {
  return chrfOf(bestStatistics(hypothesis, references, options), options)
}

/** chrF of a corpus: counts against each text's best reference are added. references[i] are those of hypotheses[i]. */
export function corpusChrf(
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
  options: ChrfOptions = {},
): number {
  checkCorpus(hypotheses, references)
  const sum = new Float64Array(3 * orders(options))
  hypotheses.forEach((hypothesis, i) => {
    const counts = bestStatistics(hypothesis, references[i], options)
    for (let k = 0; k < sum.length; k++) sum[k] += counts[k]
  })
  return chrfOf(sum, options)
}

function orders(options: ChrfOptions): number {
  return (options.characterOrder ?? 6) + (options.wordOrder ?? 0)
}

/** [n-grams of the hypothesis, of the reference, matches] for each order, characters first. */
type Counts = Float64Array

function bestStatistics(hypothesis: string, references: readonly string[], options: ChrfOptions): Counts {
  if (references.length === 0) {
    throw new GuerdonError('there is no reference to compare with', { fix: 'give at least one reference per text' })
  }
  if (references.length === 1) return statistics(hypothesis, references[0], options)
  let best = statistics(hypothesis, references[0], options)
  let bestScore = chrfOf(best, options)
  for (const reference of references.slice(1)) {
    const counts = statistics(hypothesis, reference, options)
    const score = chrfOf(counts, options)
    if (score > bestScore) {
      best = counts
      bestScore = score
    }
  }
  return best
}

// Working memory, used again by each call: nothing in it outlives the call.
const trie = ngramTrie()
const vocabulary = spanVocabulary()
const wordSpans = tokenSpans()
const splitSpans = tokenSpans()
const matches = new Int32Array(greatestOrder)
let ids = new Int32Array(256)

function statistics(hypothesis: string, reference: string, options: ChrfOptions): Counts {
  const { characterOrder = 6, wordOrder = 0, whitespace = false } = options
  const [given, known] = options.lowercase
    ? [hypothesis.toLowerCase(), reference.toLowerCase()]
    : [hypothesis, reference]
  checkOrder(characterOrder, 0)
  checkOrder(wordOrder, 0)
  const counts = new Float64Array(3 * (characterOrder + wordOrder))

  const knownCharacters = characters(known, whitespace)
  trie.clear(knownCharacters * characterOrder)
  trie.addReference(ids, knownCharacters, characterOrder)
  const givenCharacters = characters(given, whitespace)
  matches.fill(0, 0, characterOrder)
  trie.match(ids, givenCharacters, characterOrder, matches)
  write(counts, 0, characterOrder, givenCharacters, knownCharacters)

  if (wordOrder > 0) {
    splitPunctuation(known)
    const knownWords = splitSpans.count
    vocabulary.clear(knownWords)
    vocabulary.add(splitSpans, reserved(knownWords))
    trie.clear(knownWords * wordOrder)
    trie.addReference(ids, knownWords, wordOrder)
    splitPunctuation(given)
    const givenWords = splitSpans.count
    vocabulary.find(splitSpans, reserved(givenWords))
    matches.fill(0, 0, wordOrder)
    trie.match(ids, givenWords, wordOrder, matches)
    write(counts, characterOrder, wordOrder, givenWords, knownWords)
  }
  return counts
}

function write(counts: Counts, from: number, order: number, given: number, known: number): void {
  for (let n = 0; n < order; n++) {
    const inReference = Math.max(0, known - n)
    // An order that the reference is too short for says nothing of the hypothesis either.
    counts[3 * (from + n)] = inReference > 0 ? Math.max(0, given - n) : 0
    counts[3 * (from + n) + 1] = inReference
    counts[3 * (from + n) + 2] = matches[n]
  }
}

function chrfOf(counts: Counts, options: ChrfOptions): number {
  const { beta = 2, epsilonSmoothing = false } = options
  const epsilon = 1e-16
  const factor = beta * beta
  let score = 0
  let precisions = 0
  let recalls = 0
  let present = 0
  for (let k = 0; k < counts.length; k += 3) {
    const [given, known, matched] = [counts[k], counts[k + 1], counts[k + 2]]
    const precision = given > 0 ? matched / given : epsilon
    const recall = known > 0 ? matched / known : epsilon
    const weight = factor * precision + recall
    score += weight > 0 ? ((1 + factor) * precision * recall) / weight : epsilon
    if (given > 0 && known > 0) {
      precisions += precision
      recalls += recall
      present++
    }
  }
  if (epsilonSmoothing) return (100 * score) / (counts.length / 3)
  if (precisions + recalls === 0) return 0
  const [precision, recall] = [precisions / present, recalls / present]
  return (100 * (1 + factor) * precision * recall) / (factor * precision + recall)
}

/** Writes the code points of a text to `ids` and returns how many there are. */
function characters(text: string, whitespace: boolean): number {
  reserved(text.length)
  let count = 0
  for (let i = 0; i < text.length; i++) {
    let point = text.charCodeAt(i)
    if (point >= 0xd800 && point <= 0xdbff) {
      point = text.codePointAt(i) ?? point
      if (point > 0xffff) i++
    }
    if (whitespace || point > 0xffff || !isPythonSpace(point)) ids[count++] = point
  }
  return count
}

/** Writes to splitSpans the words, each with one ASCII punctuation mark split off: its last, or else its first. */
function splitPunctuation(text: string): void {
  spansOfWords(text, wordSpans)
  splitSpans.text = text
  splitSpans.count = 0
  const room = 2 * wordSpans.count
  if (splitSpans.starts.length < room) {
    splitSpans.starts = new Int32Array(2 * room)
    splitSpans.ends = new Int32Array(2 * room)
  }
  for (let k = 0; k < wordSpans.count; k++) {
    const start = wordSpans.starts[k]
    const end = wordSpans.ends[k]
    if (end - start === 1) push(splitSpans, start, end)
    else if (isPunctuation(text.charCodeAt(end - 1))) {
      push(splitSpans, start, end - 1)
      push(splitSpans, end - 1, end)
    } else if (isPunctuation(text.charCodeAt(start))) {
      push(splitSpans, start, start + 1)
      push(splitSpans, start + 1, end)
    } else push(splitSpans, start, end)
  }
}

function push(spans: TokenSpans, start: number, end: number): void {
  spans.starts[spans.count] = start
  spans.ends[spans.count++] = end
}

/** Python's string.punctuation. */
function isPunctuation(code: number): boolean {
  return (
    (code >= 0x21 && code <= 0x2f) ||
    (code >= 0x3a && code <= 0x40) ||
    (code >= 0x5b && code <= 0x60) ||
    (code >= 0x7b && code <= 0x7e)
  )
}

function reserved(length: number): Int32Array {
  if (ids.length < length) ids = new Int32Array(2 * length)
  return ids
}
