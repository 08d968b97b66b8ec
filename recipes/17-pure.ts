/**
 * PURE, "Stop Summation: Min-Form Credit Assignment" (2025, arXiv 2504.15275): does a sum of process rewards invite padding with
 * lines that look good, and does the minimum not? A task where lines of thinking score best and say nothing.
 */
import { pure, rloo, whiten } from 'guerdon/credit'
import { pairedT, recipe } from 'guerdon/train'
import { creditArm, curve, late, type MakeParts, type Start, type Trained } from './shared/creditArm.ts'
import { prepareThinkSolve, thinkSolveBudget, thinkSolveStart } from './shared/thinkSolve.ts'

const settings = { ...thinkSolveStart, budget: { ...thinkSolveBudget } }

const arm = (make: MakeParts) => creditArm(thinkSolveBudget, make, measured)

function measured({ history }: Trained) {
  return {
    curves: {
      'Lines of thinking': curve(history, 'parts/thinks'),
      'Process score, soft minimum': curve(history, 'pure/score'),
    },
    extra: { 'lines of thinking': late(history, 'parts/thinks'), lines: late(history, 'parts/lines') },
  }
}

export default recipe<Start>({
  number: 17,
  title: 'PURE: the least step reward to come instead of their sum',
  paper: 'arXiv 2504.15275',
  claim: 'Process rewards that are summed are hacked by piling up steps that look good; their minimum is not.',
  measure: 'Held-out accuracy after training',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: (seed) => prepareThinkSolve(seed, settings),
  arms: {
    'verifier alone': arm(() => ({ credit: whiten(rloo()) })),
    sum: arm(() => ({ credit: whiten(pure({ form: 'sum', outcome: 0 })) })),
    'sum + verifier': arm(() => ({ credit: whiten(pure({ form: 'sum' })) })),
    min: arm(() => ({ credit: whiten(pure({ outcome: 0 })) })),
    'min + verifier': arm(() => ({ credit: whiten(pure()) })),
  },
  verdict(arms) {
    const thinks = (name: string) => mean(arms[name].runs.map((run) => run.extra?.['lines of thinking'] ?? Number.NaN))
    const [summed, least] = [thinks('sum'), thinks('min')]
    const accuracy = pairedT(arms.min, arms.sum)
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const [padded, better] = [summed > 2 * least, accuracy.t > 2.1]
    return {
      holds: padded && better ? 'yes' : padded || better ? 'mixed' : 'no',
      because: `${summed.toFixed(1)} lines of thinking with the sum, ${least.toFixed(1)} with the minimum; minimum - sum: ${(100 * accuracy.difference).toFixed(1)} points of accuracy (paired t ${accuracy.t.toFixed(1)})`,
    }
  },
  notes: [
    'The process reward is synthetic and fixed: 0.95 for a line of thinking, 0.8 for the right sum, 0.2 for a wrong line, 0.75 and 0.05 for the answer.',
    'No rate was tuned. All arms whiten over the tokens of the batch, as the paper does.',
  ],
})

const mean = (list: readonly number[]) => list.reduce((total, value) => total + value, 0) / list.length
