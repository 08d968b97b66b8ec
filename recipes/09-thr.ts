/**
 * THR, token hidden reward (2025, arXiv 2510.03669): does the sign of p trade greedy accuracy against pass@k? Ten answers are
 * right to each prompt, and the policy starts with a favourite.
 */
import { grpo, thr, topEntropy } from 'guerdon/credit'
import { digitPairs } from 'guerdon/tasks'
import { evaluate, pairedT, recipe, supervised } from 'guerdon/train'
import {
  type Budget,
  creditArm,
  curve,
  late,
  type MakeParts,
  type Start,
  type Trained,
  tinyModel,
} from './shared/creditArm.ts'

const budget: Budget = { prompts: 10, groupSize: 8, steps: 40, maxTokens: 3, learningRate: 5e-4, every: 10, samples: 1 }
const samples = 64
const passAt = [1, 4, 16, 64]
const p = 0.3
const settings = { favourite: 0.7, warmupSteps: 120, p, samples, budget: { ...budget } }

const arm = (make: MakeParts) => creditArm(budget, make, measured)

async function measured({ history, policy, accuracy }: Trained, { task, heldOut }: Start, seed: number) {
  const asked = { policy, reward: task.reward, prompts: heldOut, maxTokens: budget.maxTokens, seed: `${seed}/pass` }
  const found = await evaluate({ ...asked, samples, passAt })
  const distinct = found.groups.map(({ rollouts, scores }) => {
    const right = rollouts.filter((_, i) => scores[i].kind === 'scored' && scores[i].value === 1)
    return new Set(right.map(({ sample }) => sample.completion.text)).size
  })
  return {
    value: distinct.reduce((sum, count) => sum + count, 0) / distinct.length,
    curves: { Entropy: curve(history, 'entropy'), 'Tokens kept': curve(history, 'thr/kept') },
    extra: {
      greedy: accuracy,
      ...Object.fromEntries(passAt.map((k) => [`pass@${k}`, found.passAt[k]])),
      entropy: late(history, 'entropy'),
    },
  }
}

export default recipe<Start>({
  number: 9,
  title: 'THR: token hidden rewards steer exploration',
  paper: 'arXiv 2510.03669',
  claim:
    'Strengthening tokens of negative hidden reward (p < 0) keeps more answers alive, as pass@k asks; those of positive (p > 0) raise greedy accuracy.',
  measure: 'Different right answers among 64 samples of a prompt, of ten',
  seeds: [1, 2, 3, 4, 5],
  settings,
  async prepare(seed) {
    const task = digitPairs()
    const model = tinyModel(task.alphabet, seed, 8)
    await supervised({
      policy: model,
      demonstrations: task.warmup(seed, settings),
      steps: settings.warmupSteps,
      batch: 64,
    })
    return { task, model, heldOut: [...task.prompts('all').take(10)] }
  },
  arms: {
    grpo: arm(() => ({ credit: grpo() })),
    'thr, p 0': arm(() => ({ credit: thr(grpo()) })),
    'thr, p 0.3': arm(() => ({ credit: thr(grpo(), { p }) })),
    'thr, p -0.3': arm(() => ({ credit: thr(grpo(), { p: -p }) })),
    'grpo on top-entropy tokens': arm(() => ({ credit: topEntropy(grpo()) })),
  },
  verdict(arms) {
    const explored = pairedT(arms['thr, p -0.3'], arms['thr, p 0.3'])
    const greedy = (name: string) => arms[name].runs.map((run) => run.extra?.greedy ?? Number.NaN)
    const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
    const exploited = mean(greedy('thr, p 0.3')) - mean(greedy('thr, p -0.3'))
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const [wider, surer] = [explored.t > 2.1, exploited > 0]
    return {
      holds: wider && surer ? 'yes' : wider || surer ? 'mixed' : 'no',
      because: `p -0.3 less p 0.3: ${explored.difference.toFixed(2)} right answers more (paired t ${explored.t.toFixed(1)}) and ${(-100 * exploited).toFixed(1)} points of greedy accuracy`,
    }
  },
  notes: [
    'The prompts are those of training, and all are learned: pass@k is near 1 for every k, so the answers themselves are counted.',
    'Hidden rewards go with entropy: the arm that keeps the tokens of highest entropy is the control.',
    'p is three times the paper’s: 0.1 is too little to see in a model this small.',
  ],
})
