/**
 * How good a listwise evaluation is: the rule reward that trains RewardAnything ("RewardAnything: Generalizable
 * Principle-Following Reward Models", arXiv 2506.03637; code WisdomShell/RewardAnything), on scores of named candidates:
 *
 *     r = 0.15 R_format + 0.85 R_acc,   R_acc = (M_pairs + M_spread + M_close + M_rank) / 4
 *
 *     M_pairs = 1 - Σ penalty / Σ w,  w = 1 + |d_gt|, over pairs: w where the order is reversed, w/2 where it is lost in a tie
 *     M_spread = 1 - min(1, (|mean - mean_gt| + |sd - sd_gt|) / 4),   M_close = mean max(0, 1 - |s - s_gt| / 4)
 *     M_rank = ((tau + 1)/2 + top-1 overlap) / 2
 *
 * The format's shares and M_pairs are the published code's; the other three and their weights were never published, so
 * theirs is the plainest reading of the paper. Unlike the code, R_acc counts a candidate without a score as a loss of its
 * share, and needs two names: the code gave 1 to whoever scored one.
 */
import { kendallTau } from '../../data/correlation.ts'
import { jsonIn, parseJson } from '../../text/jsonInText.ts'
import { isJsonObject, type JsonObject } from './jsonObject.ts'

export type CandidateScores = Readonly<Record<string, number>>

export interface ListReward {
  readonly value: number
  readonly format: number
  readonly accuracy: number
}

/** The reward of one generated evaluation (thought, then JSON with "scores" and "best-to-worst"). */
export function listReward(output: string, truth: CandidateScores): ListReward {
  const { scores } = readEvaluation(output)
  const format = formatReward(output, truth)
  const accuracy = listAccuracy(scores, truth)
  return { value: 0.15 * format + 0.85 * accuracy, format, accuracy }
}

/** R_acc in [0, 1], scaled by the share of the candidates that have a score. */
export function listAccuracy(scores: CandidateScores, truth: CandidateScores): number {
  const names = Object.keys(truth).filter((name) => Object.hasOwn(scores, name))
  const pairs = names.map((name): [number, number] => [scores[name], truth[name]])
  if (pairs.length < 2) return 0
  const covered = names.length / Object.keys(truth).length
  return (covered * (reversedPairs(pairs) + spread(pairs) + closeness(pairs) + rankAgreement(pairs))) / 4
}

/** M_pairs of (given, true) scores; 0 for fewer than two. */
export function reversedPairs(pairs: readonly (readonly [number, number])[]): number {
  let [lost, all] = [0, 0]
  for (let i = 0; i < pairs.length; i++)
    for (let j = 0; j < i; j++) {
      const [given, known] = [pairs[i][0] - pairs[j][0], pairs[i][1] - pairs[j][1]]
      const weight = 1 + Math.abs(known)
      all += weight
      if (given * known < 0) lost += weight
      else if (given === 0 && known !== 0) lost += weight / 2
    }
  return all === 0 ? 0 : Math.max(0, 1 - lost / all)
}

/** R_format in [0, 1]: thought 0.2, JSON 0.2, its two keys 0.2, coverage 0.2, order that fits the scores 0.2. */
export function formatReward(output: string, truth: CandidateScores): number {
  const { scores, order, json } = readEvaluation(output)
  const tags = [output.includes('<think>'), output.includes('</think>')].filter(Boolean).length
  const thought = /<think>([\s\S]*?)<\/think>/.exec(output)?.[1].trim() ?? ''
  const thinking = tags === 2 ? (thought.length > 50 ? 0.2 : 0.15) : tags === 1 ? 0.05 : 0
  const parsed = json === 'whole' ? 0.2 : json === 'cut' ? 0.15 : 0
  const keys = (scores === noScores ? 0 : 0.1) + (order === undefined ? 0 : 0.1)
  const names = Object.keys(truth)
  const covered = names.filter((name) => Object.hasOwn(scores, name)).length / names.length
  return thinking + parsed + keys + 0.2 * covered + 0.2 * consistency(scores, order ?? [])
}

export interface Evaluation {
  readonly scores: CandidateScores
  /** Names best first, where they were given. */
  readonly order?: readonly string[]
  /** How the JSON was found: as all that follows the thought, cut out of other text, or not. */
  readonly json: 'whole' | 'cut' | 'none'
}

const noScores: CandidateScores = {}

/** Reads an evaluation; quotes and trailing commas are mended where that makes JSON of it. */
export function readEvaluation(output: string): Evaluation {
  const tail = output.replace(/<think>[\s\S]*?<\/think>/, '').trim()
  const bare = tail.replace(/^```[a-z]*\s*|\s*```$/g, '')
  for (const [text, json] of [
    [bare, 'whole'],
    [mended(bare), 'whole'],
    [braces(bare), 'cut'],
    [mended(braces(bare)), 'cut'],
  ] as const) {
    const read = parseJson(text)
    if (read.kind === 'json' && isJsonObject(read.value)) return { ...parts(read.value), json }
  }
  const last = jsonIn(bare)
  return last.kind === 'json' && isJsonObject(last.value)
    ? { ...parts(last.value), json: 'cut' }
    : { scores: noScores, json: 'none' }
}

function parts(value: JsonObject): Omit<Evaluation, 'json'> {
  const order = value['best-to-worst'] ?? value['best-to-worse']
  const names = Array.isArray(order) ? order.filter((name) => typeof name === 'string') : undefined
  const { scores } = value
  const given = isJsonObject(scores)
    ? Object.fromEntries(
        Object.entries(scores).flatMap(([name, score]) => (typeof score === 'number' ? [[name, score] as const] : [])),
      )
    : noScores
  return { scores: given, ...(names === undefined ? {} : { order: names }) }
}

/** Single quotes around names and values, bare keys and trailing commas, as small models write them. */
function mended(text: string): string {
  return text
    .replace(/'([^'\n]*)'(?=\s*[:,\]}])/g, '"$1"')
    .replace(/([{,]\s*)([A-Za-z][\w-]*)(\s*:)/g, '$1"$2"$3')
    .replace(/,(\s*[}\]])/g, '$1')
}

function braces(text: string): string {
  return text.slice(Math.max(0, text.indexOf('{')), text.lastIndexOf('}') + 1)
}

/** Share of pairs of the order whose scores do not contradict it; 0 where there is no pair. */
function consistency(scores: CandidateScores, order: readonly string[]): number {
  const values = order.flatMap((name) => (Object.hasOwn(scores, name) ? [scores[name]] : []))
  let [fits, all] = [0, 0]
  for (let i = 0; i < values.length; i++)
    for (let j = 0; j < i; j++) {
      all++
      if (values[j] >= values[i]) fits++
    }
  return all === 0 ? 0 : fits / all
}

type Pairs = readonly (readonly [given: number, known: number])[]

function spread(pairs: Pairs): number {
  const [given, known] = [0, 1].map((side) => moments(pairs.map((pair) => pair[side])))
  return 1 - Math.min(1, (Math.abs(given.mean - known.mean) + Math.abs(given.sd - known.sd)) / 4)
}

function moments(values: readonly number[]): { readonly mean: number; readonly sd: number } {
  const mean = values.reduce((total, value) => total + value, 0) / values.length
  return { mean, sd: Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length) }
}

function closeness(pairs: Pairs): number {
  return pairs.reduce((total, [given, known]) => total + Math.max(0, 1 - Math.abs(given - known) / 4), 0) / pairs.length
}

function rankAgreement(pairs: Pairs): number {
  const tau = kendallTau(pairs)
  const tops = [0, 1].map((side) => {
    const best = Math.max(...pairs.map((pair) => pair[side]))
    return pairs.flatMap((pair, i) => (pair[side] === best ? i : []))
  })
  // Of several at the top, any in common counts.
  const top = tops[0].some((i) => tops[1].includes(i)) ? 1 : 0
  return ((tau === undefined ? 0 : (tau + 1) / 2) + top) / 2
}
