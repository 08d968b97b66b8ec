/**
 * Training a table of logits instead of a network: one row of logits a place, exact and fast, where a recipe is about rewards and
 * not about models. Groups, shapings and credits are the toolkit's own; the update is
 *
 *     logits += rate (mean over answers of sum_t A_t (onehot - pi) - beta mean over answers of sum_t grad KL(pi || pi_start))
 */
import { type Credit, reinforce } from 'guerdon/credit'
import { type Group, type Prompt, type Random, random, type Score } from 'guerdon/data'
import type { Shaping } from 'guerdon/shaping'

/** What was done: a symbol from a row of the table at each token; row -1 is a token that was not chosen. */
export interface Walk {
  readonly rows: readonly number[]
  readonly symbols: readonly number[]
}

export interface TabularOptions {
  /** The starting logits, row by row. */
  readonly start: readonly (readonly number[])[]
  readonly prompts: readonly Prompt[]
  readonly groupSize: number
  readonly steps: number
  readonly rate: number
  /** The rate falls to 0 in a straight line. Default false. */
  readonly decay?: boolean
  /** Weight of the exact KL divergence to the start. Default 0. */
  readonly beta?: number
  readonly shaping?: readonly Shaping[]
  readonly credit?: Credit
  readonly seed: number | string
  /** One answer to a prompt: `draw(row)` takes a symbol from the policy. */
  walk(draw: (row: number) => number, prompt: number, source: Random): Walk
  score(walk: Walk, prompt: number, source: Random): Score
  /** Whether every token ends a step of its answer, for rewards of steps. Default false. */
  readonly stepTokens?: boolean
  /** Numbers to record at each step, from its answers. */
  measure(walks: readonly (readonly Walk[])[], policy: Table): Record<string, number>
}

export interface Table {
  readonly logits: readonly Float64Array[]
  probabilities(row: number): Float64Array
  /** Mean over these answers of the sum over their tokens of KL(pi || pi_start). */
  kl(walks: readonly Walk[]): number
}

/** Trains and gives the record of each measure, step by step. */
export function trainTable(options: TabularOptions): {
  readonly table: Table
  readonly record: Record<string, number[]>
} {
  const { prompts, groupSize, steps, beta = 0, shaping = [], credit = reinforce({ baseline: 'group' }) } = options
  const logits = options.start.map((row) => Float64Array.from(row))
  const first = options.start.map((row) => softmax(row))
  const table: Table = {
    logits,
    probabilities: (row) => softmax(logits[row]),
    kl: (walks) =>
      walks.reduce((sum, { rows }) => sum + rows.reduce((all, row) => all + divergence(row), 0), 0) / walks.length,
  }
  const divergence = (row: number) =>
    row < 0 ? 0 : softmax(logits[row]).reduce((sum, p, k) => sum + p * Math.log(p / first[row][k]), 0)
  const record: Record<string, number[]> = {}
  for (let step = 0; step < steps; step++) {
    const source = random(`${options.seed}/${step}`)
    const policy = logits.map(softmax)
    const draw = (row: number) => pick(policy[row], source)
    const walks = prompts.map((_, p) => Array.from({ length: groupSize }, () => options.walk(draw, p, source)))
    for (const [name, value] of Object.entries(options.measure(walks, table))) (record[name] ??= []).push(value)
    const groups = walks.map((group, p) => groupOf(group, p, options, source))
    const shaped = shaping.reduce<readonly Group[]>((all, each) => each.shape(all), groups)
    const advantages = credit.assign(
      shaped,
      groups.map(({ rollouts }) => rollouts.map(() => ({}))),
    )
    const gradient = logits.map((row) => new Float64Array(row.length))
    walks.forEach((group, p) => {
      group.forEach(({ rows, symbols }, i) => {
        rows.forEach((row, t) => {
          if (row < 0) return
          const of = gradient[row]
          const gap = beta === 0 ? 0 : divergence(row)
          policy[row].forEach((probability, k) => {
            of[k] += advantages[p][i][t] * (Number(symbols[t] === k) - probability)
            if (beta > 0) of[k] -= beta * probability * (Math.log(probability / first[row][k]) - gap)
          })
        })
      })
    })
    const rate = (options.decay === true ? 1 - step / steps : 1) * options.rate
    logits.forEach((row, r) => {
      // A row is moved by the answers of its own prompt alone where prompts have rows of their own.
      row.forEach((_, k) => {
        row[k] += (rate * gradient[r][k]) / groupSize
      })
    })
  }
  return { table, record }
}

function groupOf(walks: readonly Walk[], p: number, options: TabularOptions, source: Random): Group {
  const prompt = options.prompts[p]
  return {
    prompt,
    rollouts: walks.map(({ symbols }) => ({
      sample: { prompt, completion: { text: symbols.join(' '), finish: 'stop' } },
      sequence: { tokens: Int32Array.from([0, ...symbols]), promptLength: 1 },
      logprobs: new Float32Array(symbols.length),
      ...(options.stepTokens === true ? { stepEnds: Int32Array.from(symbols.keys()) } : {}),
    })),
    scores: walks.map((walk) => options.score(walk, p, source)),
  }
}

function softmax(row: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(row)
  const most = Math.max(...values)
  const weights = values.map((value) => Math.exp(value - most))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

function pick(probabilities: Float64Array, source: Random): number {
  let left = source.next()
  for (let k = 0; k < probabilities.length - 1; k++) if ((left -= probabilities[k]) < 0) return k
  return probabilities.length - 1
}

/** The mean of the last numbers of a record. */
export function lateMean(values: readonly number[], count: number): number {
  const last = values.slice(-count)
  return last.reduce((sum, value) => sum + value, 0) / last.length
}

/** Every `width`-th mean of a record, as a curve. */
export function thinned(values: readonly number[], width: number) {
  const count = Math.floor(values.length / width)
  return {
    steps: Array.from({ length: count }, (_, i) => (i + 1) * width),
    values: Array.from({ length: count }, (_, i) => lateMean(values.slice(i * width, (i + 1) * width), width)),
  }
}
