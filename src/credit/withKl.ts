/**
 * KL in the reward (Ziegler et al. 2019; Stiennon et al. 2020): every token's reward is lowered by beta times an estimate of
 * how far the sampling policy is from the reference there. The other place for it is the loss: see `clipped`'s `kl`.
 */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import { completionLength, type Group } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'
import { type KlEstimator, klEstimate } from '../policy/kl.ts'
import type { Credit } from './credit.ts'
import { joinedNeeds, joinedState } from './wrapper.ts'

export interface WithKlOptions {
  /** Reward lost per nat. */
  readonly beta: number
  /** Default 'k1', the log-ratio itself. */
  readonly estimator?: KlEstimator
}

/**
 * A credit whose scores carry -beta k_t, k_t from the log-probs at sampling time and the reference's. A dense credit
 * (`gae`, `reinforce`) gets them token by token in `Score.tokens`; any other gets their sum in the value, as
 * sequence-level methods do. Needs `reference`. Reports `kl/reward`, the mean estimate per token.
 */
export function withKl(credit: Credit, options: WithKlOptions): Credit {
  const { beta, estimator = 'k1' } = options
  return {
    ...credit,
    ...joinedState([credit]),
    name: `withKl(${credit.name})`,
    needs: joinedNeeds([credit], ['reference']),
    assign(groups, outputs, report) {
      let tokens = 0
      let total = 0
      const punished = groups.map((group, g) => ({
        ...group,
        scores: group.scores.map((score, i): Score => {
          if (score.kind === 'unscored') return score
          const penalty = estimates(group, i, outputs[g][i], estimator)
          // Dense rewards of another length are refused where they are read.
          if (score.tokens !== undefined && score.tokens.length !== penalty.length) return score
          let sum = 0
          for (const k of penalty) sum += k
          tokens += penalty.length
          total += sum
          if (credit.dense !== true) return { ...score, value: score.value - beta * sum }
          for (let t = 0; t < penalty.length; t++) penalty[t] = (score.tokens?.[t] ?? 0) - beta * penalty[t]
          return { ...score, tokens: penalty }
        }),
      }))
      report?.('kl/reward', total / Math.max(1, tokens))
      return credit.assign(punished, outputs, report)
    },
  }
}

function estimates(group: Group, rollout: number, { reference }: Readout, estimator: KlEstimator): Float32Array {
  const { logprobs, sequence } = group.rollouts[rollout]
  const length = completionLength(sequence)
  if (reference === undefined || reference.length !== length) {
    throw new GuerdonError(`withKl needs a reference log-prob per token: ${reference?.length ?? 0} for ${length}`, {
      where: `prompt '${group.prompt.id}', rollout ${rollout}`,
    })
  }
  const k = new Float32Array(length)
  for (let t = 0; t < length; t++) k[t] = klEstimate(estimator, logprobs[t], reference[t])
  return k
}
