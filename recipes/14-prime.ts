/**
 * PRIME, "Process Reinforcement through Implicit Rewards" (2025, arXiv 2502.01456): do token rewards from a model that learns outcomes
 * online teach faster than the outcome alone, and than those of a model that stands still? Needle decisions: two tokens of eight.
 */
import { prime, rloo, whiten } from 'guerdon/credit'
import { collect, type ImplicitRewardOptions, implicitReward, pairedT, recipe } from 'guerdon/train'
import { type Budget, creditArm, curve, late, type MakeParts, type Start, type Trained } from './shared/creditArm.ts'
import { prepareNeedle } from './shared/needle.ts'

const budget: Budget = { prompts: 8, groupSize: 8, steps: 60, maxTokens: 9, learningRate: 1e-3, every: 20, samples: 1 }
const prm: ImplicitRewardOptions = { beta: 0.3, adam: { learningRate: 2e-3, clipNorm: 10 } }
const settings = { warmupSteps: 200, beta: 0.3, rewardLearningRate: 2e-3, frozenAfter: 20, budget: { ...budget } }

const arm = (make: MakeParts) => creditArm(budget, make, measured)

function measured({ history }: Trained) {
  const success = curve(history, 'parts/answer')
  return {
    value: success.values.reduce((sum, value) => sum + value, 0) / success.values.length,
    curves: {
      'Success probability': success,
      'Pairs in order, by process reward': curve(history, 'implicitReward/pairAccuracy'),
    },
    extra: { last: late(history, 'parts/answer'), 'pairs in order': late(history, 'implicitReward/pairAccuracy') },
  }
}

/** A reward model that learns from the starting policy's answers and then stands still. */
const frozen: MakeParts = async (copy, { task, heldOut }, seed) => {
  const [policy, model] = [copy(), copy()]
  const reference = model.freeze()
  const teacher = implicitReward(model, { ...prm, reference })
  for (let step = 0; step < settings.frozenAfter; step++) {
    const sampling = { maxTokens: budget.maxTokens, seed: `${seed}/frozen/${step}` }
    const groups = await collect(heldOut, { policy, reward: task.reward, groupSize: budget.groupSize, sampling })
    await teacher.learn({ groups, outputs: [], advantages: [] })
  }
  return { credit: whiten(prime()), companions: [implicitReward(model, { ...prm, reference, update: 'never' })] }
}

export default recipe<Start>({
  number: 14,
  title: 'PRIME: implicit process rewards learned online',
  paper: 'arXiv 2502.01456',
  claim:
    'Implicit process rewards learned online teach faster than the outcome alone; a reward model that stands still does not keep up.',
  measure: 'Success probability, mean over the training steps',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: (seed) => prepareNeedle(seed, settings),
  arms: {
    'rloo, outcome alone': arm(() => ({ credit: whiten(rloo()) })),
    'prime, online': arm((copy) => ({ credit: whiten(prime()), companions: [implicitReward(copy(), prm)] })),
    'prime, reward model first': arm((copy) => ({
      credit: whiten(prime()),
      companions: [implicitReward(copy(), { ...prm, update: 'before' })],
    })),
    'prime, reward model frozen': arm(frozen),
  },
  verdict(arms) {
    const faster = pairedT(arms['prime, online'], arms['rloo, outcome alone'])
    const online = pairedT(arms['prime, online'], arms['prime, reward model frozen'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const held = [faster.t > 2.1, online.t > 2.1]
    const shown = ({ difference, t }: typeof faster) =>
      `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`
    return {
      holds: held.every(Boolean) ? 'yes' : held.some(Boolean) ? 'mixed' : 'no',
      because: `online less outcome alone: ${shown(faster)}; less frozen: ${shown(online)}`,
    }
  },
  notes: [
    'beta is 0.3 where the paper has 0.05: answers of nine tokens add up to little.',
    'All arms whiten over the tokens of the batch and take as many rollouts; the frozen reward model has seen 20 batches more.',
  ],
})
