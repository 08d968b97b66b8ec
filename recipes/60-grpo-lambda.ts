/**
 * GRPO-lambda, "Stable Reinforcement Learning for Efficient Reasoning" (2025, arXiv 2505.18086): does a length penalty on the groups
 * that succeed most shorten answers without the loss of accuracy that a penalty everywhere costs? Sums of one to three steps in
 * answers with lines of thinking that are not needed.
 */
import { grpo } from 'guerdon/credit'
import { grpoLambda, type Shaping } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { creditArm, curve, late, type Start, type Trained } from './shared/creditArm.ts'
import { prepareThinkSolve, thinkSolveBudget, thinkSolveStart } from './shared/thinkSolve.ts'

const budget = { ...thinkSolveBudget, maxTokens: 25 }
const settings = {
  ...thinkSolveStart,
  sums: [1, 3],
  thinks: 3,
  wrong: 0.15,
  warmupSteps: 500,
  penalty: 0.6,
  budget,
} as const

function arm(shaping: readonly Shaping[] = []) {
  return creditArm(budget, () => ({ credit: grpo(), shaping }), measured)
}

function measured({ history }: Trained) {
  return {
    curves: { 'Tokens an answer': curve(history, 'completionLength') },
    extra: {
      'tokens an answer': late(history, 'completionLength'),
      'lines of thinking': late(history, 'parts/thinks'),
    },
  }
}

const { penalty } = settings

export default recipe<Start>({
  number: 60,
  title: 'GRPO-lambda: a length penalty where the policy succeeds',
  paper: 'arXiv 2505.18086',
  claim:
    'Penalising length on the most successful groups alone shortens answers and keeps accuracy that a penalty everywhere loses.',
  measure: 'Held-out accuracy after training',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, sums: [...settings.sums] },
  prepare: (seed) => prepareThinkSolve(seed, settings),
  arms: {
    grpo: arm(),
    'penalty everywhere': arm([grpoLambda({ lambda: 1, penalty })]),
    'lambda 0.2': arm([grpoLambda({ lambda: 0.2, penalty })]),
    'lambda 0.2, half right at least': arm([grpoLambda({ lambda: 0.2, penalty, least: 0.5 })]),
  },
  verdict(arms) {
    const length = (name: string) => mean(arms[name].runs.map((run) => run.extra?.['tokens an answer'] ?? Number.NaN))
    const [plain, some] = [length('grpo'), length('lambda 0.2')]
    const kept = pairedT(arms['lambda 0.2'], arms['penalty everywhere'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const [shorter, better] = [some < 0.9 * plain, kept.t > 2.1]
    return {
      holds: shorter && better ? 'yes' : shorter || better ? 'mixed' : 'no',
      because: `${some.toFixed(1)} tokens an answer against GRPO's ${plain.toFixed(1)}; lambda 0.2 - penalty everywhere: ${(100 * kept.difference).toFixed(1)} points of accuracy (paired t ${kept.t.toFixed(1)})`,
    }
  },
  notes: [
    'In a group that is all right, GRPO divides the size of the penalty out again: it is always at full strength there.',
  ],
})

const mean = (list: readonly number[]) => list.reduce((total, value) => total + value, 0) / list.length
