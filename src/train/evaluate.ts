/** Success on held-out prompts: pass@1 and pass@k. */
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Group } from '../data/rollout.ts'
import type { Scored } from '../data/score.ts'
import type { Policy } from '../policy/policy.ts'
import type { Reward } from '../rewards/reward.ts'
import { type Census, census } from './census.ts'
import { collect } from './collect.ts'

export interface EvaluateOptions {
  readonly policy: Policy
  readonly reward: Reward
  readonly prompts: readonly Prompt[]
  readonly maxTokens: number
  readonly seed: number | string
  /** Answers a prompt. Default 1. */
  readonly samples?: number
  /** The k's of pass@k, at most `samples`. Default: samples. */
  readonly passAt?: readonly number[]
  /** Default 0 with one answer a prompt, 1 with several. */
  readonly temperature?: number
  /** Gives completions their steps: the pieces that end with this text. Default: none. */
  readonly stepSeparator?: string
  /** Whether a score means success. Default: its part 'answer', or else its value, is the reward's greatest (1 where unknown). */
  readonly success?: (score: Scored) => boolean
  /** Milliseconds one call of the reward may take. Default 60 000. */
  readonly deadlineMs?: number
  /** Most calls of the reward in flight. Default 64. */
  readonly inFlight?: number
  readonly signal?: AbortSignal
}

export interface Evaluation {
  /** Share of answers that succeed, of those that could be scored: pass@1. NaN where none could. */
  readonly accuracy: number
  /** Unbiased pass@k by k (Chen et al. 2021, equation 1), the mean over prompts with at least k scored answers; NaN where none has. */
  readonly passAt: Readonly<Record<number, number>>
  /** Mean reward of the answers that could be scored; NaN where none could. */
  readonly reward: number
  /** Mean tokens of an answer. */
  readonly length: number
  readonly census: Census
  readonly groups: readonly Group[]
}

/**
 * Samples and scores every prompt. What could not be scored counts neither way. Throws a GuerdonError for a prompt that
 * does not fit the policy's context, and for a k of pass@k above `samples`.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { samples = 1, reward, prompts } = options
  const { success = (score) => succeeded(score, reward), passAt = samples > 1 ? [samples] : [] } = options
  const beyond = passAt.find((k) => k > samples)
  if (beyond !== undefined)
    throw new GuerdonError(`pass@${beyond} needs at least ${beyond} answers a prompt, not ${samples}`, {
      fix: `set samples to ${beyond}`,
    })
  const groups = await collect(prompts, {
    policy: options.policy,
    reward,
    groupSize: samples,
    sampling: {
      maxTokens: options.maxTokens,
      temperature: options.temperature ?? (samples > 1 ? 1 : 0),
      seed: options.seed,
    },
    stepSeparator: options.stepSeparator,
    deadlineMs: options.deadlineMs,
    inFlight: options.inFlight,
    signal: options.signal,
  })
  const scored = groups.map((group) => group.scores.filter((score) => score.kind === 'scored'))
  const counts = scored.map((scores) => ({ n: scores.length, c: scores.filter(success).length }))
  const answered = scored.flat()
  const lengths = groups.flatMap((group) => group.rollouts.map((rollout) => rollout.logprobs.length))
  return {
    accuracy: ratio(sum(counts.map(({ c }) => c)), sum(counts.map(({ n }) => n))),
    passAt: Object.fromEntries(
      passAt.map((k) => {
        const known = counts.filter(({ n }) => n >= k)
        return [k, ratio(sum(known.map(({ n, c }) => passAtK(n, c, k))), known.length)]
      }),
    ),
    reward: ratio(sum(answered.map((score) => score.value)), answered.length),
    length: ratio(sum(lengths), lengths.length),
    census: census(groups),
    groups,
  }
}

/** 1 - C(n-c, k) / C(n, k): the chance that k of n answers, c of them right, hold a right one. */
export function passAtK(n: number, c: number, k: number): number {
  if (n - c < k) return 1
  let miss = 1
  for (let i = n - c + 1; i <= n; i++) miss *= 1 - k / i
  return 1 - miss
}

/** The default of `success`. */
export function succeeded({ value, parts }: Scored, { range }: Pick<Reward, 'range'>): boolean {
  const [reached, most] = parts?.answer === undefined ? [value, range?.[1] ?? 1] : [parts.answer, 1]
  return reached >= most - 1e-9
}

const sum = (list: readonly number[]) => list.reduce((total, value) => total + value, 0)
const ratio = (part: number, whole: number) => (whole === 0 ? Number.NaN : part / whole)
