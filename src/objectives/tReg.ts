/**
 * T-REG (2024, arXiv 2412.02685): DPO or SimPO with a signed language-model term that pulls each token's implicit reward
 * towards a token reward r̂, weighted by how wrong the pair still is (w carries no gradient):
 *
 *     L = -log σ(m) + alpha w [L_reg(y_w) + L_reg(y_l)],   L_reg(y) = -sum_t b r̂_t log p_t,   w = σ(-m)
 *
 * with b = beta for DPO and beta / |y| for SimPO. For DPO the coefficients of log p are then -beta w (1 + alpha r̂) and
 * +beta w (1 - alpha r̂): those of TGDPO, with the plain margin inside σ.
 */
import type { Readout } from '../data/readout.ts'
import { logSigmoid, meanLogprob, type PairObjective, pairObjective, sequenceLogRatio, sigmoid } from './pair.ts'
import { readoutOf } from './readoutOf.ts'

export interface TRegOptions {
  /** Strength of the term. Default 0.25. */
  readonly alpha?: number
  /** Whose reward and loss. Default 'dpo'. */
  readonly base?: 'dpo' | 'simpo'
  /** Default 0.1 for DPO, 2 for SimPO. */
  readonly beta?: number
  /** SimPO's margin. Default 1; DPO has none. */
  readonly gamma?: number
  /** 'static' has w = 1: the paper's ablation. Default 'margin'. */
  readonly weight?: 'margin' | 'static'
}

/**
 * T-REG's loss. Needs `processRewards`: r̂, one a token, as `contrastivePrompts` gives them. Metrics: `regularisation`
 * (L_reg of both answers) and `tokenReward` (mean |r̂|: near 0 the term is silent).
 */
export function tReg(options: TRegOptions = {}): PairObjective {
  const { alpha = 0.25, base = 'dpo', weight = 'margin' } = options
  const { beta = base === 'dpo' ? 0.1 : 2, gamma = base === 'dpo' ? 0 : 1 } = options
  const length = (readout: Readout) => (base === 'simpo' ? Math.max(1, readout.logprobs?.length ?? 0) : 1)
  const reward = (readout: Readout) =>
    beta * (base === 'dpo' ? sequenceLogRatio(readout, 'tReg') : meanLogprob(readout, 'tReg'))
  return pairObjective({
    name: base === 'dpo' ? 'tReg' : 'tReg-simpo',
    needs: base === 'dpo' ? ['logprobs', 'reference', 'processRewards'] : ['logprobs', 'processRewards'],
    reward,
    loss({ chosen, rejected }) {
      const margin = reward(chosen) - reward(rejected) - gamma
      const wrong = sigmoid(-margin)
      const w = weight === 'margin' ? wrong : 1
      const sides = [chosen, rejected].map((readout, side) => {
        const logprobs = readoutOf(readout, 'logprobs', 'tReg')
        const rewards = readoutOf(readout, 'processRewards', 'tReg', logprobs.length)
        const scale = beta / length(readout)
        const gradient = new Float32Array(logprobs.length)
        let regularisation = 0
        let size = 0
        for (let t = 0; t < gradient.length; t++) {
          gradient[t] = scale * ((side === 0 ? -wrong : wrong) - alpha * w * rewards[t])
          regularisation -= scale * rewards[t] * logprobs[t]
          size += Math.abs(rewards[t]) / Math.max(1, logprobs.length)
        }
        return { gradient, regularisation, size }
      })
      const regularisation = sides[0].regularisation + sides[1].regularisation
      return {
        loss: -logSigmoid(margin) + alpha * w * regularisation,
        chosen: sides[0].gradient,
        rejected: sides[1].gradient,
        metrics: { regularisation, tokenReward: (sides[0].size + sides[1].size) / 2 },
      }
    },
  })
}
