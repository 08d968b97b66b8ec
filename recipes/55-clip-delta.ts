/**
 * Clip and Delta, "On Designing Effective RL Reward at Training Time for LLM Reasoning" (2024, arXiv 2410.15115): does a raw process
 * reward beside the verifier invite repetition, and do bounded ones not? The task of recipe 17.
 */
import { pure, whiten } from 'guerdon/credit'
import { clipDelta, type Shaping } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { creditArm, curve, late, type Start, type Trained } from './shared/creditArm.ts'
import { prepareThinkSolve, thinkSolveBudget, thinkSolveStart } from './shared/thinkSolve.ts'

const eta = 0.8
const weight = 0.5
const settings = { ...thinkSolveStart, eta, alpha: weight, budget: { ...thinkSolveBudget } }

/** Returns summed over steps: what Clip and Delta are made for. Without a shaping the steps count nothing. */
function arm(shaping?: Shaping) {
  const make = () => ({
    credit: whiten(pure({ form: 'sum', steps: 'reward' })),
    // A bound that nothing is below leaves the outcome alone.
    shaping: [shaping ?? clipDelta({ eta: Number.NEGATIVE_INFINITY, delta: false })],
  })
  return creditArm(thinkSolveBudget, make, measured)
}

function measured({ history }: Trained) {
  return {
    curves: { 'Lines of thinking': curve(history, 'parts/thinks') },
    extra: { 'lines of thinking': late(history, 'parts/thinks'), lines: late(history, 'parts/lines') },
  }
}

export default recipe<Start>({
  number: 55,
  title: 'Clip and Delta: process rewards that cannot be piled up',
  paper: 'arXiv 2410.15115',
  claim: 'A raw process reward beside the verifier is hacked; clipped and differenced ones keep or raise accuracy.',
  measure: 'Held-out accuracy after training',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: (seed) => prepareThinkSolve(seed, settings),
  arms: {
    'verifier alone': arm(),
    'process reward': arm(clipDelta({ eta: false, delta: false, weight })),
    clip: arm(clipDelta({ eta, delta: false, weight })),
    delta: arm(clipDelta({ eta: false, weight })),
    'clip, then delta': arm(clipDelta({ eta, weight })),
  },
  verdict(arms) {
    const raw = pairedT(arms['process reward'], arms['verifier alone'])
    const both = pairedT(arms['clip, then delta'], arms['verifier alone'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const [hacked, kept] = [raw.t < -2.1, both.t > -2.1]
    const shown = ({ difference, t }: typeof raw) =>
      `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`
    return {
      holds: hacked && kept ? 'yes' : hacked || kept ? 'mixed' : 'no',
      because: `against the verifier alone, the raw process reward: ${shown(raw)}; clip, then delta: ${shown(both)}`,
    }
  },
  notes: [
    'Delta bounds what steps add up to, not how many there are: look at the lines of thinking as well as at accuracy.',
    'The paper uses PPO with a critic; here returns are set against the other answers of their group, and whitened.',
  ],
})
