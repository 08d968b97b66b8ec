/**
 * Difficulty scaling, GRPO-S of "Inverse Reinforcement Learning with Dynamic Reward Scaling" (DR-IRL, 2025, arXiv
 * 2503.18991): a prompt's advantages weigh more where its answers are far from a demonstration and the reward gap is wide,
 *
 *     alpha_D = sigma(delta) / sigma(mean delta)           delta = 1 - similarity to the demonstration, mean over the group
 *     alpha_M = sigma(mean kept gap) / sigma(mean gap)     gap = demonstration's reward - mean r; kept: within tau of its category
 *     value = alpha_D alpha_M (r - mean r) / std r         std over n
 *
 * The text calls a large alpha_D an easy item; the formula gives it to dissimilar answers, and the formula is what is here.
 */
import type { Group } from '../data/rollout.ts'
import { mapScored, valuesOf, withValue } from './mapScored.ts'
import type { Shaping } from './shaping.ts'
import { sigmoid } from './squash.ts'

export interface DifficultyScalingOptions {
  /** The score part with the similarity to the demonstration. Default 'similarity'; without it alpha_D is 1. */
  readonly similarity?: string
  /** Where a prompt's meta holds its demonstration's reward. Default 'demonstrationReward'; without it alpha_M is 1. */
  readonly demonstration?: string
  /** Where a prompt's meta holds its category. Default 'category'; prompts without one are one category. */
  readonly category?: string
  /** Gaps whose square distance from their category's mean is larger count as outliers. Default 1. */
  readonly tau?: number
  /**
   * The means below the line: over the batch's prompts of the category, as written, or over all prompts of the run so far. In its
   * own category every alpha comes out near 1. Default 'run'.
   */
  readonly scope?: 'category' | 'run'
}

/**
 * Standardised and weighed values; alpha_D lies in [0.68, 1.46] for similarities in [0, 1]. The weight is on the standardised
 * value, so the credit must not divide again: `reinforce()` or `grpo({ normalise: 'none' })`. A group of equal values gets 0.
 */
export function difficultyScaling(options: DifficultyScalingOptions = {}): Shaping {
  const { scope = 'run', tau = 1 } = options
  const run = { delta: { sum: 0, n: 0 }, gap: { sum: 0, n: 0 } }
  return {
    name: 'difficultyScaling',
    affine: true,
    state: () => ({ delta: { ...run.delta }, gap: { ...run.gap } }),
    restore(state) {
      for (const key of ['delta', 'gap'] as const) {
        const held: unknown = typeof state === 'object' && state !== null ? Reflect.get(state, key) : undefined
        if (isTotal(held)) Object.assign(run[key], held)
      }
    },
    shape(groups) {
      const items = groups.map((group) => itemOf(group, options))
      for (const { delta, gap } of items) {
        add(run.delta, delta)
        add(run.gap, gap)
      }
      return mapScored(groups, (score, { g }) => {
        const { category, delta, mean, std } = items[g]
        const peers = items.filter((item) => item.category === category)
        const gaps = peers.flatMap(({ gap }) => gap ?? [])
        const deltas = peers.flatMap((peer) => peer.delta ?? [])
        const below =
          scope === 'run'
            ? { delta: run.delta.sum / run.delta.n, gap: run.gap.sum / run.gap.n }
            : { delta: meanOf(deltas), gap: meanOf(gaps) }
        const alpha =
          (delta === undefined ? 1 : sigmoid(delta) / sigmoid(below.delta)) * responsiveness(gaps, tau, below.gap)
        return withValue(score, std === 0 ? 0 : (alpha * (score.value - mean)) / std)
      })
    },
  }
}

/** alpha_M of a category's gaps; 1 where there are none, or all are outliers. */
function responsiveness(gaps: readonly number[], tau: number, below: number): number {
  const centre = meanOf(gaps)
  const kept = gaps.filter((gap) => (gap - centre) ** 2 <= tau)
  return kept.length === 0 ? 1 : sigmoid(meanOf(kept)) / sigmoid(below)
}

interface Item {
  readonly category: string
  readonly delta: number | undefined
  readonly gap: number | undefined
  readonly mean: number
  readonly std: number
}

function itemOf(group: Group, options: DifficultyScalingOptions): Item {
  const { similarity = 'similarity', demonstration = 'demonstrationReward', category = 'category' } = options
  const values = valuesOf(group)
  const mean = meanOf(values)
  const near = group.scores.flatMap((score) => (score.kind === 'scored' ? (score.parts?.[similarity] ?? []) : []))
  const shown = group.prompt.meta?.[demonstration]
  return {
    category: JSON.stringify(group.prompt.meta?.[category] ?? null),
    delta: near.length === 0 ? undefined : 1 - meanOf(near),
    gap: typeof shown === 'number' && values.length > 0 ? shown - mean : undefined,
    mean,
    std: Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2))),
  }
}

interface Total {
  sum: number
  n: number
}

function add(total: Total, value: number | undefined): void {
  if (value === undefined) return
  total.sum += value
  total.n++
}

function isTotal(held: unknown): held is Total {
  return (
    typeof held === 'object' && held !== null && ['sum', 'n'].every((key) => Number.isFinite(Reflect.get(held, key)))
  )
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
