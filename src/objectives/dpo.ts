/**
 * DPO (Rafailov et al. 2023, eq. 7) and its family. With x and y the rewards of the chosen and the rejected answer, beta
 * times the log-ratio to the reference, m = x - y, and e the share of labels taken to be wrong:
 *
 *     sigmoid    -(1 - e) log σ(m) - e log σ(-m)               e > 0: conservative DPO (Mitchell 2023)
 *     robust     [-(1 - e) log σ(m) + e log σ(-m)] / (1 - 2e)  unbiased under wrong labels (Chowdhury et al. 2024)
 *     hinge      max(0, 1 - m)                                 SLiC (Zhao et al. 2023)
 *     ipo        (m / beta - 1 / (2 beta))²                    IPO (Azar et al. 2023, eq. 17)
 *     apo-zero   (1 - σ(x)) + σ(y)                             APO (D'Oosterlinck et al. 2024, eq. 7): chosen up
 *     apo-down   σ(x) + (1 - σ(m))                             APO (eq. 8): chosen down, rejected further down
 *     bco-pair   -log σ(x) - log σ(-y)                         BCO's bound on DPO (Jung et al. 2024), shift 0
 */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import {
  evenly,
  logSigmoid,
  type PairObjective,
  pairObjective,
  sequenceLogRatio,
  sigmoid,
  sigmoidSlope,
} from './pair.ts'

export const dpoLosses = ['sigmoid', 'robust', 'hinge', 'ipo', 'apo-zero', 'apo-down', 'bco-pair'] as const
export type DpoLoss = (typeof dpoLosses)[number]

export interface DpoOptions {
  /** How dear it is to leave the reference. Default 0.1. */
  readonly beta?: number
  /** Default 'sigmoid': DPO itself. */
  readonly loss?: DpoLoss
  /** In [0, 0.5), for the losses 'sigmoid' and 'robust'. Default 0. */
  readonly labelSmoothing?: number
  /** Log-ratios per token instead of their sums. Default: with 'ipo' only, as its authors ran it. */
  readonly lengthNormalised?: boolean
}

/** A loss of the DPO family. Needs `reference`. Rewards in the metrics are beta times the log-ratio. */
export function dpo(options: DpoOptions = {}): PairObjective {
  const { beta = 0.1, loss = 'sigmoid', labelSmoothing = 0, lengthNormalised = loss === 'ipo' } = options
  if (!(labelSmoothing >= 0 && (loss !== 'robust' || labelSmoothing < 0.5) && labelSmoothing <= 1))
    throw new GuerdonError(`dpo: labelSmoothing is ${labelSmoothing}`, { fix: 'give a share in [0, 0.5)' })
  const name = loss === 'sigmoid' ? 'dpo' : `dpo-${loss}`
  const units = (readout: Readout) => (lengthNormalised ? Math.max(1, readout.logprobs?.length ?? 0) : 1)
  const reward = (readout: Readout) => (beta * sequenceLogRatio(readout, name)) / units(readout)
  return pairObjective({
    name,
    needs: ['logprobs', 'reference'],
    reward,
    loss({ chosen, rejected }) {
      const found = losses[loss](reward(chosen), reward(rejected), { beta, wrong: labelSmoothing })
      return {
        loss: found.loss,
        chosen: evenly(chosen, (beta * found.x) / units(chosen)),
        rejected: evenly(rejected, (beta * found.y) / units(rejected)),
      }
    },
  })
}

/** A loss of the two rewards, and its derivatives with respect to them. */
type RewardLoss = (
  x: number,
  y: number,
  options: { readonly beta: number; readonly wrong: number },
) => { readonly loss: number; readonly x: number; readonly y: number }

/** A loss of the margin alone. */
function ofMargin(of: (m: number, beta: number, wrong: number) => { loss: number; slope: number }): RewardLoss {
  return (x, y, { beta, wrong }) => {
    const { loss, slope } = of(x - y, beta, wrong)
    return { loss, x: slope, y: -slope }
  }
}

const losses: Readonly<Record<DpoLoss, RewardLoss>> = {
  sigmoid: ofMargin((m, _, wrong) => ({
    loss: -((1 - wrong) * logSigmoid(m) + wrong * logSigmoid(-m)),
    slope: wrong - sigmoid(-m),
  })),
  robust: ofMargin((m, _, wrong) => ({
    loss: ((wrong - 1) * logSigmoid(m) + wrong * logSigmoid(-m)) / (1 - 2 * wrong),
    slope: -((1 - wrong) * sigmoid(-m) + wrong * sigmoid(m)) / (1 - 2 * wrong),
  })),
  hinge: ofMargin((m) => ({ loss: Math.max(0, 1 - m), slope: m < 1 ? -1 : 0 })),
  ipo: ofMargin((m, beta) => {
    const error = (m - 0.5) / beta
    return { loss: error ** 2, slope: (2 * error) / beta }
  }),
  'apo-zero': (x, y) => ({ loss: sigmoid(-x) + sigmoid(y), x: -sigmoidSlope(x), y: sigmoidSlope(y) }),
  'apo-down': (x, y) => ({
    loss: sigmoid(x) + sigmoid(y - x),
    x: sigmoidSlope(x) - sigmoidSlope(x - y),
    y: sigmoidSlope(x - y),
  }),
  'bco-pair': (x, y) => ({ loss: -logSigmoid(x) - logSigmoid(-y), x: -sigmoid(-x), y: sigmoid(y) }),
}
