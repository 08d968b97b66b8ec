/**
 * BNPO, Beta normalisation policy optimization (2025, arXiv 2506.02864): the centred reward divided by a Beta density at
 * the prompt's success rate p, its parameters fitted to the batch's success rates so that the gradient varies least:
 *
 *     A_i = (r_i - p) / f(p; alpha, beta)       f(p; a, b) = p^(a-1) (1-p)^(b-1) / B(a, b)
 *     mu = mean p,  v = sample variance of p,  c = mu (1 - mu) / v - 1      (method of moments)
 *     alpha = max(1, 1 + c mu / 3),  beta = max(1, 1 + c (1 - mu) / 3)
 *
 * alpha = beta = 1 is REINFORCE with the group mean; alpha = beta = 3/2 is GRPO with the population deviation times pi/8.
 * Not TRL's `loss_type="bnpo"`, which names a way to average a loss over tokens.
 */
import { GuerdonError } from '../data/error.ts'
import type { Group } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'
import type { Credit, Report } from './credit.ts'
import { meanOf, zeros } from './groupBaseline.ts'

export interface BnpoOptions {
  /** Names of score parts to normalise each by itself and then average (the paper's decomposition). Default: the value. */
  readonly parts?: readonly string[]
  /** What the lowest and highest reward are; mapped to 0 and 1. Default [0, 1]. */
  readonly range?: readonly [number, number]
  /** Largest weight 1/f. Default 1e6, as the authors' code; 10 keeps rare successes from ruling a step. */
  readonly clamp?: number
}

/**
 * Beta-normalised advantages, the same at every token. Statistics cross prompts: it must see the whole batch. Groups
 * with fewer than 2 scored rollouts take no part and get zeros; a rollout without a named part takes no part in that
 * part. With one prompt, or equal success rates everywhere, the weight is 1. Reports mu, v, a, b, alpha and beta.
 *
 * @throws GuerdonError for a reward outside `range`, or a part that no score has
 */
export function bnpo(options: BnpoOptions = {}): Credit {
  const { parts, range = [0, 1], clamp = 1e6 } = options
  const sources: Source[] = parts?.map((name) => ({ name, of: (score) => partOf(score, name) })) ?? [
    { name: undefined, of: (score) => (score.kind === 'scored' ? score.value : undefined) },
  ]
  return {
    name: 'bnpo',
    needs: [],
    assign(groups, _outputs, report) {
      const advantages = groups.map(zeros)
      for (const source of sources) {
        const trials = groups.map((group) => trialOf(group, source, range))
        refuseUnknown(source, trials, groups)
        const density = fit(trials, (name, value) => {
          report?.(source.name === undefined ? `bnpo/${name}` : `bnpo/${source.name}/${name}`, value)
        })
        trials.forEach(({ indices, rewards, rate }, g) => {
          if (rewards.length < 2 || rate <= 0 || rate >= 1) return
          const weight = Math.min(1 / density(rate), clamp) / sources.length
          indices.forEach((i, k) => {
            const advantage = weight * (rewards[k] - rate)
            const array = advantages[g][i]
            for (let t = 0; t < array.length; t++) array[t] += advantage
          })
        })
      }
      return advantages
    },
  }
}

/** One reward of a score, or undefined where it has none. */
interface Source {
  readonly name: string | undefined
  readonly of: (score: Score) => number | undefined
}

/** One prompt's rewards mapped to [0, 1], and their mean. */
interface Trial {
  readonly indices: readonly number[]
  readonly rewards: readonly number[]
  readonly rate: number
}

// Rates that are equal up to rounding have a variance of about 1e-33.
const LEAST_VARIANCE = 1e-12
// Rewards that were computed may miss the ends of their range by rounding.
const SLACK = 1e-6

function trialOf(group: Group, source: Source, [low, high]: readonly [number, number]): Trial {
  const indices: number[] = []
  const rewards: number[] = []
  group.scores.forEach((score, i) => {
    const reward = source.of(score)
    if (reward === undefined) return
    const unit = (reward - low) / (high - low)
    if (!(unit >= -SLACK && unit <= 1 + SLACK)) {
      throw new GuerdonError(`bnpo takes rewards in [${low}, ${high}], this is ${reward}`, {
        where: `prompt '${group.prompt.id}', rollout ${i}`,
        fix: 'set `range` to the least and greatest reward, or name 0/1 `parts`',
      })
    }
    indices.push(i)
    rewards.push(Math.min(1, Math.max(0, unit)))
  })
  return { indices, rewards, rate: meanOf(rewards) }
}

function partOf(score: Score, name: string): number | undefined {
  return score.kind === 'scored' ? score.parts?.[name] : undefined
}

/** A part that no score of the batch has is a mistyped name. */
function refuseUnknown({ name }: Source, trials: readonly Trial[], groups: readonly Group[]): void {
  if (name === undefined || trials.some(({ indices }) => indices.length > 0)) return
  const known = new Set<string>()
  for (const score of groups.flatMap(({ scores }) => scores)) {
    if (score.kind === 'scored') for (const part of Object.keys(score.parts ?? {})) known.add(part)
  }
  if (groups.every(({ scores }) => scores.every(({ kind }) => kind === 'unscored'))) return
  throw new GuerdonError(`no score has a part '${name}'`, { fix: `its parts are: ${[...known].join(', ') || 'none'}` })
}

/** The Beta density fitted to the batch's success rates. */
function fit(trials: readonly Trial[], report: Report): (rate: number) => number {
  const rates = trials.flatMap(({ rewards, rate }) => (rewards.length < 2 ? [] : rate))
  const flat = () => 1
  if (rates.length < 2) return flat
  const mu = meanOf(rates)
  const v = rates.reduce((sum, rate) => sum + (rate - mu) ** 2, 0) / (rates.length - 1)
  report('mu', mu)
  report('v', v)
  if (v < LEAST_VARIANCE) return flat
  // With the unbiased variance c may be negative: a and b then are, and the clamps below make the density flat.
  const c = (mu * (1 - mu)) / v - 1
  const [a, b] = [c * mu, c * (1 - mu)]
  const [alpha, beta] = [Math.max(1, 1 + a / 3), Math.max(1, 1 + b / 3)]
  for (const [name, value] of Object.entries({ a, b, alpha, beta })) report(name, value)
  const logB = logGamma(alpha) + logGamma(beta) - logGamma(alpha + beta)
  return (rate) => Math.exp((alpha - 1) * Math.log(rate) + (beta - 1) * Math.log1p(-rate) - logB)
}

/** ln Gamma(x) for x >= 1/2, by Lanczos' approximation (g = 7, 9 terms), good to about 1e-15. */
function logGamma(x: number): number {
  const terms = [
    676.5203681218851, -1259.1392167224028, 771.3234287776531, -176.6150291621406, 12.507343278686905,
    -0.13857109526572012, 9.984369578019572e-6, 1.5056327351493116e-7,
  ]
  const z = x - 1
  let sum = 0.9999999999998099
  terms.forEach((term, i) => {
    sum += term / (z + i + 1)
  })
  const t = z + 7.5
  return Math.log(2 * Math.PI) / 2 + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}
