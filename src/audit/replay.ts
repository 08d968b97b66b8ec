/**
 * What a run's reward would have been had it been another: its saved rollouts scored again. Compares the values, their
 * order, and the sign of the advantage A_i = r_i - mean r over the group, which says whether training would have made an
 * answer more or less likely.
 */

import { spearman } from '../data/correlation.ts'
import { inOrder } from '../data/inOrder.ts'
import type { Message, Prompt, Sample } from '../data/message.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'
import type { RolloutRecord } from '../runs/rolloutLog.ts'

/** One saved answer under both rewards. */
export interface Replayed {
  readonly step: number
  readonly group: number
  /** Its place in the group. */
  readonly index: number
  readonly prompt: string
  readonly answer: string
  readonly before: Value
  readonly after: Value
}

/** A value with its advantage against the group, or why there is none. */
export type Value =
  | { readonly value: number; readonly advantage: number }
  | { readonly unscored: { readonly at: string; readonly reason: string } }

export interface Replay {
  readonly rollouts: number
  readonly groups: number
  readonly steps: number
  readonly before: Side
  readonly after: Side
  /** Rollouts with a value under both; the figures below are over these. */
  readonly compared: number
  /** Spearman's rank correlation of the values over all rollouts; absent where either side does not vary. */
  readonly rankCorrelation?: number
  /** The mean of the groups' own rank correlations, over the groups in which both sides vary, and how many those are. */
  readonly groupCorrelation?: number
  readonly groupsCompared: number
  /** Values that differ by more than 1e-6. */
  readonly changed: number
  /** Advantages of the other sign: the answer would have been pushed the other way. */
  readonly flipped: number
  /** Advantages that were 0 and are not, or the other way round: groups that began or ceased to teach. */
  readonly woke: number
  readonly fellAsleep: number
  /** The rollouts whose values differ most, the largest difference first; before them those scored by one side alone. */
  readonly largest: readonly Replayed[]
}

export interface Side {
  /** Over the rollouts that it scored; absent where there is none. */
  readonly mean?: number
  readonly unscored: number
  readonly causes: Readonly<Record<string, { readonly count: number; readonly reason: string }>>
}

export interface ReplayOptions {
  /** Groups at work at once. Default 16. */
  readonly window?: number
  /** Rollouts listed. Default 10. */
  readonly largest?: number
  readonly onGroup?: (record: RolloutRecord) => void
  readonly signal?: AbortSignal
}

/**
 * Scores the rollouts again and compares. A prompt's `meta` is not among what a run saves, so a reward that needs it is
 * Unscored or wrong here. Holds one number a side for each rollout, and the texts of those listed.
 */
export async function replay(
  records: AsyncIterable<RolloutRecord>,
  reward: Reward,
  options: ReplayOptions = {},
): Promise<Replay> {
  const { window = 16, largest = 10, signal } = options
  const [before, after] = [tally(), tally()]
  const steps = new Set<number>()
  const pairs: [number, number][] = []
  const correlations: number[] = []
  const counts = { rollouts: 0, groups: 0, changed: 0, flipped: 0, woke: 0, fellAsleep: 0 }
  let listed: Replayed[] = []
  const scored = inOrder(records, window, async (record) => ({
    record,
    scores: await scoresOf(record, reward, signal),
  }))
  for await (const { record, scores } of scored) {
    signal?.throwIfAborted()
    options.onGroup?.(record)
    steps.add(record.step)
    counts.groups++
    const [old, now] = [advantages(record.completions.map(savedScore)), advantages(scores)]
    const both: [number, number][] = []
    const rows = record.completions.map(({ text }, i): Replayed => {
      counts.rollouts++
      before.add(old[i])
      after.add(now[i])
      if ('value' in old[i] && 'value' in now[i]) {
        both.push([old[i].value, now[i].value])
        if (Math.abs(old[i].value - now[i].value) > 1e-6) counts.changed++
        const [was, is] = [sign(old[i].advantage), sign(now[i].advantage)]
        if (was * is < 0) counts.flipped++
        if (was === 0 && is !== 0) counts.woke++
        if (was !== 0 && is === 0) counts.fellAsleep++
      }
      const prompt = record.prompt.messages.at(-1)?.text ?? ''
      return { step: record.step, group: record.group, index: i, prompt, answer: text, before: old[i], after: now[i] }
    })
    pairs.push(...both)
    const correlation = spearman(both)
    if (correlation !== undefined) correlations.push(correlation)
    listed = [...listed, ...rows.filter((row) => difference(row) > 1e-6)]
      .sort((a, b) => difference(b) - difference(a))
      .slice(0, largest)
  }
  const rankCorrelation = spearman(pairs)
  return {
    ...counts,
    steps: steps.size,
    before: before.side(),
    after: after.side(),
    compared: pairs.length,
    ...(rankCorrelation === undefined ? {} : { rankCorrelation }),
    ...(correlations.length === 0 ? {} : { groupCorrelation: meanOf(correlations) }),
    groupsCompared: correlations.length,
    largest: listed,
  }
}

async function scoresOf({ prompt, completions }: RolloutRecord, reward: Reward, signal?: AbortSignal) {
  const asked: Prompt = {
    id: prompt.id,
    messages: prompt.messages.map(({ role, text }): Message => ({ role: roleOf(role), content: text })),
    ...(prompt.reference === undefined ? {} : { reference: prompt.reference }),
  }
  const samples = completions.map(({ text, finish }): Sample => ({ prompt: asked, completion: { text, finish } }))
  return scoreAll(reward, samples, {
    deadlineMs: Number.POSITIVE_INFINITY,
    ...(signal === undefined ? {} : { signal }),
  })
}

function roleOf(role: string): Message['role'] {
  return role === 'system' || role === 'assistant' || role === 'tool' ? role : 'user'
}

type Outcome =
  | { readonly kind: 'scored'; readonly value: number }
  | { readonly kind: 'unscored'; readonly at: string; readonly reason: string }

function savedScore({ score, unscored }: RolloutRecord['completions'][number]): Outcome {
  if (score !== undefined) return { kind: 'scored', value: score.value }
  return { kind: 'unscored', ...(unscored ?? { at: 'reward', reason: 'nothing was saved' }) }
}

/** Each value less the mean of the group's values. */
function advantages(scores: readonly Outcome[]): Value[] {
  const values = scores.flatMap((score) => (score.kind === 'scored' ? [score.value] : []))
  const mean = meanOf(values)
  return scores.map((score) =>
    score.kind === 'scored'
      ? { value: score.value, advantage: score.value - mean }
      : { unscored: { at: score.at, reason: score.reason } },
  )
}

/** Differences as small as rounding are none. */
function sign(advantage: number): number {
  return Math.abs(advantage) <= 1e-9 ? 0 : Math.sign(advantage)
}

/** Without end where one side alone has a value: such rollouts come first. */
function difference({ before, after }: Replayed): number {
  if ('value' in before && 'value' in after) return Math.abs(before.value - after.value)
  return 'value' in before || 'value' in after ? Number.MAX_VALUE : 0
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function tally() {
  const causes: Record<string, { count: number; reason: string }> = {}
  let [count, sum, unscored] = [0, 0, 0]
  return {
    add(outcome: Value) {
      if ('value' in outcome) {
        count++
        sum += outcome.value
        return
      }
      unscored++
      const { at, reason } = outcome.unscored
      const cause = (causes[at] ??= { count: 0, reason })
      cause.count++
    },
    side: (): Side => ({ ...(count === 0 ? {} : { mean: sum / count }), unscored, causes }),
  }
}
