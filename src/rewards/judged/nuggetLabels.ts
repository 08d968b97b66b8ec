/**
 * Nuggets as rubric ("An Efficient Rubric-based Generative Verifier for Search-Augmented LLMs", arXiv 2510.14660; code
 * linyue-ma/Search-Gen-V, reward_score/search_gen_v.py): the labels, what they are worth, and the reward that trains
 * a verifier that writes them.
 *
 *     R = Σ_i w_i V(label_i) / Σ_i w_i
 *     verifier: 0.35 f1 + 0.35 exact + 0.2 reason + 0.1 format;  0 where f1 is 0 or the number of labels is wrong
 */
import { parseJson } from '../../text/jsonInText.ts'

export type NuggetLabel = 'support' | 'partial_support' | 'not_support'

export const nuggetLabels: readonly NuggetLabel[] = ['support', 'partial_support', 'not_support']

/** What a label is worth; TREC's nugget evaluation has 1, 1/2 and 0. */
export const nuggetValues: Readonly<Record<NuggetLabel, number>> = { support: 1, partial_support: 0.5, not_support: 0 }

/** The weighted share of supported nuggets, in [0, 1]. */
export function nuggetReward(
  labels: readonly NuggetLabel[],
  weights: readonly number[],
  worth: Readonly<Record<NuggetLabel, number>> = nuggetValues,
): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return labels.reduce((sum, label, i) => sum + weights[i] * worth[label], 0) / total
}

/** The layouts a verifier may be asked for. */
export type LabelFormat =
  | 'json'
  | 'csv'
  | 'python'
  | 'yaml'
  | 'markdown'
  | 'xml'
  | 'tsv'
  | 'numbered'
  | 'comma_separated'
  | 'pipe_separated'

/** Labels in any of the ten layouts, whichever was asked for; undefined where the text is in none of them. */
export function parseLabels(text: string): readonly NuggetLabel[] | undefined {
  const plain = text.trim()
  const words = listOf(plain) ?? taggedOf(plain) ?? separated(plain)
  const labels = words.map((word) => labelOf(word))
  const known = labels.filter((label) => label !== undefined)
  return known.length > 0 && known.length === labels.length ? known : undefined
}

export interface VerifierReward {
  readonly value: number
  readonly f1: number
  readonly exact: number
  readonly reason: number
  readonly format: number
}

export interface VerifierOptions {
  /** The layout that was asked for. Default 'json'. */
  readonly format?: LabelFormat
  /**
   * What F1 is averaged over: all three classes, one that neither side names counting 1, as the published code has it (the
   * default; it pays wrong answers where gold has few classes), or the classes in gold alone.
   */
  readonly classes?: 'all' | 'gold'
}

/** The rule reward of a verifier's output against the gold labels. */
export function verifierReward(
  output: string,
  gold: readonly NuggetLabel[],
  options: VerifierOptions = {},
): VerifierReward {
  const { format = 'json', classes = 'all' } = options
  const nothing = { value: 0, f1: 0, exact: 0, reason: 0, format: 0 }
  const [opened, closed] = ['<reasoning>', '</reasoning>'].map((tag) => output.split(tag).length - 1)
  if (opened > 1 || closed > 1) return nothing
  const end = output.indexOf('</reasoning>')
  const tail = end < 0 ? output : output.slice(end + '</reasoning>'.length)
  const labels = parseLabels(tail)
  if (labels === undefined || labels.length !== gold.length) return nothing
  const f1 = macroF1(labels, gold, classes)
  if (f1 === 0) return nothing
  const exact = labels.every((label, i) => label === gold[i]) ? 1 : 0
  const thought = output.slice(output.indexOf('<reasoning>') + '<reasoning>'.length, end)
  const reason = opened === 1 && closed === 1 ? (thought.trim() !== '' && tail.trim() !== '' ? 1 : 0.5) : 0
  const shaped = layouts[format](tail.trim()) ? 1 : 0
  return { value: 0.35 * f1 + 0.35 * exact + 0.2 * reason + 0.1 * shaped, f1, exact, reason, format: shaped }
}

function macroF1(labels: readonly NuggetLabel[], gold: readonly NuggetLabel[], over: 'all' | 'gold'): number {
  const names = over === 'all' ? nuggetLabels : nuggetLabels.filter((name) => gold.includes(name))
  const scores = names.map((name) => {
    const [said, meant] = [labels, gold].map((list) => list.filter((label) => label === name).length)
    if (said + meant === 0) return 1
    const both = labels.filter((label, i) => label === name && gold[i] === name).length
    return (2 * both) / (said + meant)
  })
  return scores.reduce((total, score) => total + score, 0) / scores.length
}

function labelOf(word: string): NuggetLabel | undefined {
  const bare = word
    .trim()
    .replace(/^["']|["']$/g, '')
    .toLowerCase()
  return nuggetLabels.find((label) => label === bare)
}

/** A JSON list, or the same with single quotes, as Python prints it. */
function listOf(text: string): string[] | undefined {
  if (!/^\[[\s\S]*\]$/.test(text)) return undefined
  const read = parseJson(text.replaceAll("'", '"'))
  if (read.kind !== 'json' || !Array.isArray(read.value)) return undefined
  return read.value.map((entry) => (typeof entry === 'string' ? entry : ''))
}

function taggedOf(text: string): string[] | undefined {
  return /^<labels>[\s\S]*<\/labels>$/.test(text)
    ? Array.from(text.matchAll(/<label>([^<]*)<\/label>/g), ([, label]) => label)
    : undefined
}

/** One a line with or without a mark in front, or in one line with commas, tabs or bars between them. */
function separated(text: string): string[] {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  if (lines.length > 1 || /^(?:[-*]|\d+\.)\s/.test(text))
    return lines.map((line) => line.replace(/^\s*(?:[-*]|\d+\.)\s*/, ''))
  return text.split(/[,|\t]/)
}

/** Whether a text has the layout that was asked for. */
const layouts: Readonly<Record<LabelFormat, (text: string) => boolean>> = {
  json: (text) => Array.isArray(jsonOf(text)),
  python: (text) => /^\[[\s\S]*\]$/.test(text),
  csv: (text) => text.includes(','),
  comma_separated: (text) => text.includes(', '),
  tsv: (text) => text.includes('\t'),
  pipe_separated: (text) => text.includes('|'),
  xml: (text) => text.startsWith('<labels>') && text.endsWith('</labels>'),
  yaml: (text) => everyLine(text, /^- /),
  markdown: (text) => everyLine(text, /^\* /),
  numbered: (text) => everyLine(text, /^\d+\. /),
}

function jsonOf(text: string): unknown {
  const read = parseJson(text)
  return read.kind === 'json' ? read.value : undefined
}

function everyLine(text: string, start: RegExp): boolean {
  return text.split(/\r?\n/).every((line) => start.test(line.trim()))
}
