/**
 * OREAL, "Exploring the Limit of Outcome Reward" (2025, arXiv 2502.06781): imitate right answers, push wrong ones down
 * with a reshaped reward, and let a token-level reward model (see `tokenRewardModel`) say which tokens that is about.
 * With R = +-1 for right and wrong, and l_t the reward model's logit before token t:
 *
 *     A_i = R_i - mean_{j != i} R_j              c_t = mean of l_1..l_t
 *     right: w_t = max(2 sigma(c_t) - 1, 0)      wrong: w_t = max(1 - 2 sigma(c_t), 0)
 *     L = positive/n+ sum_right A w_t (-log p_t)  +  negative/n- sum_wrong A w_t log p_t
 *
 * n+ and n- are the tokens of the right and of the wrong answers chosen. The advantages given here carry n/n+ and n/n-, n
 * all tokens of the batch, so that on policy `clipped({ aggregate: 'token-mean' })` has exactly the gradient of L (in which
 * a log p weighted by a negative A is pushed down). The paper adds a KL term (`kl: { coefficient: 0.01, estimator: 'k3' }`).
 */
import { GuerdonError } from '../data/error.ts'
import { random } from '../data/random.ts'
import type { Readout } from '../data/readout.ts'
import { type RightnessOptions, rightness } from '../data/rightness.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Credit } from './credit.ts'
import { zeros } from './groupBaseline.ts'

export interface OrealOptions extends RightnessOptions {
  /** Of A: the others' mean, or GRPO's mean and deviation. Default 'rloo'. */
  readonly baseline?: 'rloo' | 'grpo'
  /**
   * 'threshold': as above. A number in (0, 1]: that share of an answer's tokens with the highest sigma(c_t) (lowest where
   * it is wrong), scaled to [0, 1] among themselves. 'none': 1 for every token, and no reward model. Default 'threshold'.
   */
  readonly weights?: 'threshold' | 'none' | number
  /** One right and one wrong answer of each group, drawn at random, or all. Default 'pair', 'all' where weights are 'none'. */
  readonly select?: 'pair' | 'all'
  /** Default 1. */
  readonly positive?: number
  /** Default 0.5. */
  readonly negative?: number
  /** Whether right answers are weighed by their advantage (the code), or by 1 (plain imitation). Default true. */
  readonly weighPositives?: boolean
  /** Draws the pairs. Default 0. */
  readonly seed?: number | string
}

/**
 * Advantages whose on-policy gradient is OREAL's. Needs `values`, the logits l_t, unless `weights` is 'none'. Groups that are
 * all right or all wrong get zeros, and so do answers that were not drawn. An update off policy is not OREAL: take one epoch
 * of one minibatch. Reports `oreal/weight`, the mean w_t of the chosen: near 0 nothing is learned, as at the reward model's start.
 *
 * @throws GuerdonError for logits that are missing or not finite
 */
export function oreal(options: OrealOptions = {}): Credit {
  const { baseline = 'rloo', weights = 'threshold', positive = 1, negative = 0.5, weighPositives = true } = options
  const { select = weights === 'none' ? 'all' : 'pair', seed = 0 } = options
  let calls = 0
  return {
    name: 'oreal',
    needs: weights === 'none' ? [] : ['values'],
    state: () => ({ calls }),
    restore(state) {
      if (typeof state === 'object' && state !== null && 'calls' in state) calls = Number(state.calls)
    },
    assign(groups, outputs, report) {
      const source = random(`oreal/${seed}/${calls++}`)
      const chosen = groups.flatMap((group, g) => {
        const answers = judged(group, options, baseline).map((answer) => ({ ...answer, group: g }))
        if (select === 'all' || answers.length === 0) return answers
        return [true, false].map((right) => source.pick(answers.filter((answer) => answer.right === right)))
      })
      const lengthOf = ({ group, rollout }: Chosen) => completionLength(groups[group].rollouts[rollout].sequence)
      const tokens = (of: readonly Chosen[]) => of.reduce((sum, answer) => sum + lengthOf(answer), 0)
      const all = scoredTokens(groups)
      const shares = [false, true].map(
        (right) => all / Math.max(1, tokens(chosen.filter((each) => each.right === right))),
      )
      const advantages = groups.map(zeros)
      let weight = 0
      for (const { group, rollout, right, advantage } of chosen) {
        const array = advantages[group][rollout]
        const scale = right ? positive * shares[1] * (weighPositives ? advantage : 1) : negative * shares[0] * advantage
        const where = `prompt '${groups[group].prompt.id}', rollout ${rollout}`
        const tokenWeights =
          weights === 'none'
            ? new Float64Array(array.length).fill(1)
            : tokenRewardWeights(chancesOf(outputs[group][rollout], array.length, where), right, weights)
        tokenWeights.forEach((one, t) => {
          array[t] = scale * one
          weight += one
        })
      }
      report?.('oreal/weight', weight / Math.max(1, tokens(chosen)))
      return advantages
    },
  }
}

interface Judged {
  readonly rollout: number
  readonly right: boolean
  readonly advantage: number
}

type Chosen = Judged & { readonly group: number }

/** The answers of a group with a verdict and their advantages; none where all have the same. */
function judged(group: Group, options: RightnessOptions, baseline: 'rloo' | 'grpo'): Judged[] {
  const known = rightness(group, options).flatMap((right, rollout) => (right === undefined ? [] : [{ rollout, right }]))
  const count = known.length
  const right = known.filter((each) => each.right).length
  if (right === 0 || right === count) return []
  const mean = (2 * right - count) / count
  const deviation = Math.sqrt((count - count * mean ** 2) / (count - 1))
  const scale = baseline === 'rloo' ? (count - 1) / count : deviation + 1e-8
  return known.map((each) => ({ ...each, advantage: ((each.right ? 1 : -1) - mean) / scale }))
}

function scoredTokens(groups: readonly Group[]): number {
  let tokens = 0
  for (const { rollouts, scores } of groups)
    rollouts.forEach(({ sequence }, i) => {
      if (scores[i].kind === 'scored') tokens += completionLength(sequence)
    })
  return tokens
}

/** sigma(c_t): how likely the answer is right, by the reward model's mean logit so far. */
function chancesOf({ values }: Readout, length: number, where: string): Float64Array {
  if (values === undefined || values.length !== length || !values.every(Number.isFinite))
    throw new GuerdonError(
      values?.length === length
        ? 'oreal needs finite logits, and one is not'
        : `oreal needs a logit per token: ${values?.length ?? 0} for ${length}`,
      { where, fix: "companions: [tokenRewardModel(...)], or weights: 'none'" },
    )
  let sum = 0
  return Float64Array.from(values, (logit, t) => {
    sum += logit
    return 1 / (1 + Math.exp(-sum / (t + 1)))
  })
}

/** w_t of an answer. */
export function tokenRewardWeights(chances: Float64Array, right: boolean, weights: 'threshold' | number): Float64Array {
  const towards = right ? chances : chances.map((chance) => 1 - chance)
  if (weights === 'threshold') return towards.map((chance) => Math.max(2 * chance - 1, 0))
  const kept = Math.max(1, Math.floor(weights * towards.length))
  const best = [...towards.keys()].sort((a, b) => towards[b] - towards[a] || a - b).slice(0, kept)
  const [high, low] = [towards[best[0]], towards[best[best.length - 1]]]
  const scaled = new Float64Array(towards.length)
  for (const t of best) scaled[t] = high === low ? 1 : (towards[t] - low) / (high - low)
  return scaled
}
