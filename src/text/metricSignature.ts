/**
 * How BLEU and chrF scores are reported: sacreBLEU's signature (Post 2018, section 3), which names every choice that
 * changes the number, and its one-line form of a score. The version in it is that of the sacreBLEU whose numbers these
 * are; the tests hold them equal.
 */
import { type BleuOptions, type BleuScore, smoothDefaults } from './bleu.ts'
import type { ChrfOptions } from './chrf.ts'
import { pythonFixed } from './pythonText.ts'

const sacrebleuVersion = '2.6.0'

/** How many references each text has; 'var' where it varies. */
export type ReferenceCount = number | 'var'

/** The signature of a BLEU score, for example `nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`. */
export function bleuSignature(references: ReferenceCount, options: BleuOptions = {}): string {
  const { smoothing = 'exp' } = options
  const smoothValue = options.smoothValue ?? smoothDefaults[smoothing]
  // sacreBLEU prints a value only for the methods that have one.
  const value = smoothDefaults[smoothing] === undefined ? '' : `[${pythonFixed(smoothValue ?? 0, 2)}]`
  return [
    `nrefs:${references}`,
    `case:${options.lowercase ? 'lc' : 'mixed'}`,
    `eff:${options.effectiveOrder ? 'yes' : 'no'}`,
    `tok:${options.tokenise ?? '13a'}`,
    `smooth:${smoothing}${value}`,
    `version:${sacrebleuVersion}`,
  ].join('|')
}

/** The signature of a chrF score, for example `nrefs:1|case:mixed|eff:yes|nc:6|nw:2|space:no|version:2.6.0`. */
export function chrfSignature(references: ReferenceCount, options: ChrfOptions = {}): string {
  return [
    `nrefs:${references}`,
    `case:${options.lowercase ? 'lc' : 'mixed'}`,
    `eff:${options.epsilonSmoothing ? 'no' : 'yes'}`,
    `nc:${options.characterOrder ?? 6}`,
    `nw:${options.wordOrder ?? 0}`,
    `space:${options.whitespace ? 'yes' : 'no'}`,
    `version:${sacrebleuVersion}`,
  ].join('|')
}

/** The number of references of a corpus, as a signature states it. */
export function referenceCount(references: readonly (readonly string[])[]): ReferenceCount {
  const counts = new Set(references.map((list) => list.length))
  return counts.size === 1 ? references[0].length : 'var'
}

/** A BLEU score on one line: `BLEU|signature = 48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = ...)`. */
export function formatBleu(score: BleuScore, signature?: string): string {
  const ratio = score.referenceLength === 0 ? 0 : score.hypothesisLength / score.referenceLength
  const precisions = score.precisions.map((precision) => pythonFixed(precision, 1)).join('/')
  const penalty = `BP = ${pythonFixed(score.brevityPenalty, 3)} ratio = ${pythonFixed(ratio, 3)}`
  const lengths = `hyp_len = ${score.hypothesisLength} ref_len = ${score.referenceLength}`
  return `${named('BLEU', signature)} = ${pythonFixed(score.score, 2)} ${precisions} (${penalty} ${lengths})`
}

/** A chrF score on one line: `chrF2++|signature = 61.30`. */
export function formatChrf(score: number, options: ChrfOptions = {}, signature?: string): string {
  const name = `chrF${options.beta ?? 2}${'+'.repeat(options.wordOrder ?? 0)}`
  return `${named(name, signature)} = ${pythonFixed(score, 2)}`
}

function named(metric: string, signature?: string): string {
  return signature === undefined ? metric : `${metric}|${signature}`
}
