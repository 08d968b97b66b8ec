/**
 * OREAL, "Exploring the Limit of Outcome Reward" (2025, arXiv 2502.06781): imitation of right answers, with wrong ones pushed down by
 * a reshaped reward, with and without a token-level reward model, beside GRPO. Needle decisions: two tokens of eight.
 */
import { grpo, type OrealOptions, oreal } from 'guerdon/credit'
import { clipped } from 'guerdon/objectives'
import { pairedT, recipe, tokenRewardModel } from 'guerdon/train'
import { type Budget, creditArm, curve, late, type MakeParts, type Start, type Trained } from './shared/creditArm.ts'
import { prepareNeedle } from './shared/needle.ts'

const budget: Budget = { prompts: 8, groupSize: 16, steps: 50, maxTokens: 9, learningRate: 1e-3, every: 25, samples: 1 }
const settings = { warmupSteps: 200, kl: 0.01, freeze: 20, rewardLearningRate: 2e-3, budget: { ...budget } }

const objective = clipped({ low: 0.2, high: 0.28, kl: { coefficient: settings.kl, estimator: 'k3' } })
const arm = (make: MakeParts) => creditArm(budget, make, measured)
const plain = (options: OrealOptions) => arm(() => ({ credit: oreal({ weights: 'none', ...options }), objective }))

function measured({ history }: Trained) {
  const success = curve(history, 'parts/answer')
  // The steps in which a policy stood still while its reward model learned are not counted.
  const values = success.values.slice(-budget.steps)
  return {
    value: values.reduce((sum, value) => sum + value, 0) / values.length,
    curves: {
      'Success probability': { steps: values.map((_, i) => i + 1), values },
      'Token weight': curve(history, 'oreal/weight'),
    },
    extra: {
      last: late(history, 'parts/answer'),
      entropy: late(history, 'entropy'),
      'reference KL': late(history, 'referenceKl'),
    },
  }
}

export default recipe<Start>({
  number: 42,
  title: 'OREAL: outcome reward at its limit',
  paper: 'arXiv 2502.06781',
  claim:
    'Pushing wrong answers down beside imitating right ones beats imitation alone, and a token-level reward model adds to it.',
  measure: 'Success probability, mean over the training steps',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: (seed) => prepareNeedle(seed, settings),
  arms: {
    grpo: arm(() => ({ credit: grpo(), objective })),
    'imitation of right answers': plain({ negative: 0, weighPositives: false }),
    'oreal, no reward model': plain({}),
    'oreal, token reward model': arm((copy) => ({
      credit: oreal({ select: 'all' }),
      objective,
      companions: [
        tokenRewardModel(copy({ valueHead: true }), {
          adam: { learningRate: settings.rewardLearningRate, clipNorm: 1 },
        }),
      ],
      schedule: (step) => (step < settings.freeze ? 0 : 1),
      moreSteps: settings.freeze,
    })),
  },
  verdict(arms) {
    const negatives = pairedT(arms['oreal, no reward model'], arms['imitation of right answers'])
    const tokens = pairedT(arms['oreal, token reward model'], arms['oreal, no reward model'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const held = [negatives.t > 2.1, tokens.t > 2.1]
    const shown = ({ difference, t }: typeof tokens) =>
      `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`
    return {
      holds: held.every(Boolean) ? 'yes' : held.some(Boolean) ? 'mixed' : 'no',
      because: `negatives add ${shown(negatives)}; the token reward model ${shown(tokens)}`,
    }
  },
  notes: [
    'All arms have one learning rate. AdamW and the clip of the gradient take away most of what token weights near 0 would cost.',
    'The token reward model learns for 20 steps before its policy moves; those steps are in its tokens and seconds.',
  ],
})
