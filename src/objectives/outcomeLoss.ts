/**
 * What a model of outcomes learns from: token logits z_t pooled into one per answer, Z = scale sum_t z_t or scale mean_t z_t,
 * and the answer's outcome y in [0, 1]:
 *
 *     crossEntropy: L = -mean_i [ y_i log sigma(Z_i) + (1 - y_i) log sigma(-Z_i) ]
 *     dpo:          L = -mean_i log sigma(+-(Z_i - m_i)),  + where y_i > 1/2; m_i: the mean Z of its group's other label, held
 *     bonAccuracy:  dpo with each answer weighed by G (share of its group with y <= y_i)^(G-1)
 *     bonReward:    the same with the share whose Z <= Z_i
 *
 * PRIME's implicit process reward (arXiv 2502.01456) has z_t = log p_phi / p_ref with the sum, OREAL's token reward model
 * (arXiv 2502.06781) the logits of a linear head with the mean. The last three are those of veRL's PRIME recipe.
 */
import { GuerdonError } from '../data/error.ts'
import type { Objective } from './objective.ts'
import { logSigmoid, sigmoid } from './pair.ts'

/** One answer: its token logits, how it turned out, and its group (a number, equal for answers to one prompt). */
export interface OutcomeItem {
  readonly logits: Float32Array
  readonly outcome: number
  readonly group: number
}

export interface OutcomeLossOptions {
  readonly pool: 'sum' | 'mean'
  /** Default 1; PRIME's beta is 0.05. */
  readonly scale?: number
  /** Default 'crossEntropy'. */
  readonly loss?: 'crossEntropy' | 'dpo' | 'bonAccuracy' | 'bonReward'
}

/**
 * The loss; `gradients` are with respect to the LOGITS. An answer without tokens has Z = 0. Metrics: `accuracy` (of
 * Z > 0 against y > 1/2), `pairAccuracy` (share of pairs within a group in the right order by Z, each weighed by how far
 * their outcomes are apart, ties half; 0.5 where there is no pair), `logit` (mean size of Z: far above 4 the sigmoid is
 * saturated).
 *
 * @throws GuerdonError for a logit that is not finite
 */
export function outcomeLoss(options: OutcomeLossOptions): Objective<OutcomeItem> {
  const { pool, scale = 1, loss: kind = 'crossEntropy' } = options
  return {
    name: 'outcomeLoss',
    needs: [],
    evaluate(batch) {
      const slopes = batch.map(({ logits }) => (pool === 'sum' ? scale : scale / Math.max(1, logits.length)))
      const pooled = batch.map(({ logits }, i) => {
        const total = slopes[i] * logits.reduce((sum, logit) => sum + logit, 0)
        if (Number.isFinite(total)) return total
        throw new GuerdonError(`the logits of answer ${i} add up to ${total}`, { fix: 'lower the learning rate' })
      })
      const groups = membersByGroup(batch)
      const share = 1 / Math.max(1, batch.length)
      let loss = 0
      const gradients = batch.map(({ logits, outcome }, i) => {
        const one =
          kind === 'crossEntropy'
            ? crossEntropy(pooled[i], outcome)
            : contrast(
                i,
                groups[i].map((k) => ({ index: k, outcome: batch[k].outcome, logit: pooled[k] })),
                kind,
              )
        loss += share * one.loss
        return new Float32Array(logits.length).fill(share * one.slope * slopes[i])
      })
      const right = batch.filter(({ outcome }, i) => pooled[i] > 0 === outcome > 0.5).length
      const metrics = {
        accuracy: right * share,
        pairAccuracy: pairAccuracy(batch, pooled),
        logit: share * pooled.reduce((sum, logit) => sum + Math.abs(logit), 0),
      }
      return { loss, gradients, metrics }
    },
  }
}

interface Term {
  readonly loss: number
  readonly slope: number
}

function crossEntropy(logit: number, outcome: number): Term {
  return {
    loss: -outcome * logSigmoid(logit) - (1 - outcome) * logSigmoid(-logit),
    slope: sigmoid(logit) - outcome,
  }
}

interface Member {
  readonly index: number
  readonly outcome: number
  readonly logit: number
}

function contrast(index: number, group: readonly Member[], kind: 'dpo' | 'bonAccuracy' | 'bonReward'): Term {
  const own = group.find((member) => member.index === index) ?? group[0]
  const right = own.outcome > 0.5
  const others = group.filter((member) => member.outcome > 0.5 !== right)
  const centre = others.reduce((sum, { logit }) => sum + logit, 0) / Math.max(1, others.length)
  const sign = right ? 1 : -1
  const below = group.filter((member) =>
    kind === 'bonAccuracy' ? member.outcome <= own.outcome : member.logit <= own.logit,
  )
  const weight = kind === 'dpo' ? 1 : group.length * (below.length / group.length) ** (group.length - 1)
  const margin = sign * (own.logit - centre)
  return { loss: -weight * logSigmoid(margin), slope: -weight * sign * sigmoid(-margin) }
}

function membersByGroup(batch: readonly OutcomeItem[]): (readonly number[])[] {
  const members = Map.groupBy(batch.keys(), (i) => batch[i].group)
  return batch.map(({ group }) => members.get(group) ?? [])
}

function pairAccuracy(batch: readonly OutcomeItem[], pooled: readonly number[]): number {
  let held = 0
  let total = 0
  for (const members of Map.groupBy(batch.keys(), (i) => batch[i].group).values())
    for (const a of members)
      for (const b of members) {
        const weight = batch[a].outcome - batch[b].outcome
        if (weight <= 0) continue
        total += weight
        held += pooled[a] > pooled[b] ? weight : pooled[a] === pooled[b] ? weight / 2 : 0
      }
  return total === 0 ? 0.5 : held / total
}
