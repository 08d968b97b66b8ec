/**
 * BCO, binary classifier optimisation (Jung et al. 2024, arXiv 2404.04656, eq. 7-8): the implicit reward r, beta times the
 * log-ratio, is the logit of a classifier of thumbs up and down. Less a shift δ, which carries no gradient, its
 * cross-entropy is a tighter bound on DPO's loss:
 *
 *     L = -E_up log σ(r - δ) - E_down log σ(-(r - δ)),   δ = (E_up r + E_down r) / 2 as a moving average
 */
import { z } from 'zod'
import { type FeedbackObjective, type Judged, judged, type Reduction, reduced } from './feedback.ts'
import { logSigmoid, sequenceLogRatio, sigmoid } from './pair.ts'

export interface BcoOptions {
  /** Default 0.1. */
  readonly beta?: number
  /**
   * 'midpoint': half-way between moving averages of both classes, as in the paper; a class not yet seen stands where the
   * other does. 'running-mean': the mean of all rewards so far, as TRL has it. 'none': 0, plain cross-entropy.
   * Default 'midpoint'.
   */
  readonly shift?: 'midpoint' | 'running-mean' | 'none'
  /** Of the moving averages: the share that stays at each batch. Default 0.9. */
  readonly decay?: number
  /** Default 'class-mean', as in the paper; TRL pools ('sample-mean'), where the larger class rules. */
  readonly reduction?: Reduction
}

const memory = z.object({ up: z.number().nullable(), down: z.number().nullable(), mean: z.number(), count: z.number() })

/** BCO's loss. The shift is updated with a batch before the batch is judged by it. Metric: `shift`. */
export function bco(options: BcoOptions = {}): FeedbackObjective {
  const { beta = 0.1, shift = 'midpoint', decay = 0.9, reduction = 'class-mean' } = options
  let state: z.output<typeof memory> = { up: null, down: null, mean: 0, count: 0 }
  const averaged = (before: number | null, answers: readonly Judged[]) => {
    if (answers.length === 0) return before
    const now = answers.reduce((sum, { reward }) => sum + reward, 0) / answers.length
    return before === null ? now : decay * before + (1 - decay) * now
  }
  const shifted = (answers: readonly Judged[]): number => {
    if (shift === 'none' || answers.length === 0) return 0
    const of = (desirable: boolean) => answers.filter(({ item }) => item.desirable === desirable)
    const count = state.count + answers.length
    const sum = answers.reduce((total, { reward }) => total + reward, 0)
    const mean = state.mean + (sum - answers.length * state.mean) / count
    state = { up: averaged(state.up, of(true)), down: averaged(state.down, of(false)), mean, count }
    if (shift === 'running-mean') return mean
    return ((state.up ?? state.down ?? 0) + (state.down ?? state.up ?? 0)) / 2
  }
  return {
    name: shift === 'none' ? 'bce' : 'bco',
    needs: ['logprobs', 'reference'],
    over: 'answers',
    reward: (readout) => beta * sequenceLogRatio(readout, 'bco'),
    evaluate(batch) {
      const answers = judged(batch, beta, 'bco')
      const delta = shifted(answers.filter(({ usable }) => usable))
      const losses = answers.map(({ item, reward }) => {
        const sign = item.desirable ? 1 : -1
        const logit = sign * (reward - delta)
        return { loss: -logSigmoid(logit), slope: -sign * sigmoid(-logit) }
      })
      const found = reduced(answers, losses, { beta, reduction })
      return { ...found, metrics: { ...found.metrics, shift: delta } }
    },
    state: () => ({ ...state }),
    restore(kept) {
      state = memory.parse(kept)
    },
  }
}
