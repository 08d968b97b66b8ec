/**
 * All credits for verifiable rewards on one task, data, budget and seeds: sums in steps, with a verifier and, for the methods that
 * take one, a process reward per step. A method more is an arm more.
 */
import { bnpo, gae, grpo, oreal, prime, pure, rloo, rto, tempo, thr, whiten, withKl } from 'guerdon/credit'
import { type Prompt, scored } from 'guerdon/data'
import { clipped, dpo } from 'guerdon/objectives'
import { clipDelta, grpoLambda, type Shaping } from 'guerdon/shaping'
import { collect, critic, implicitReward, pairedT, pairsOf, preference, recipe, tokenRewardModel } from 'guerdon/train'
import { byCost } from '../shared/costCurves.ts'
import {
  type ArmParts,
  type CopyModel,
  creditArm,
  late,
  type MakeParts,
  type Start,
  success,
  type Trained,
} from '../shared/creditArm.ts'
import { creditPictures } from '../shared/creditPictures.ts'
import { prepareThinkSolve, thinkSolveBudget, thinkSolveStart } from '../shared/thinkSolve.ts'

const budget = thinkSolveBudget
const settings = { ...thinkSolveStart, p: 0.3, beta: 0.2, alpha: 0.5, freeze: 20, budget: { ...budget } }
const kl = clipped({ low: 0.2, high: 0.28, kl: { coefficient: 0.01, estimator: 'k3' } })
const { p } = settings

/** GAE credits dense rewards where they stand; without the process reward it sees what the other arms see. */
const verdictAlone: Shaping = {
  name: 'verdictAlone',
  shape: (groups) =>
    groups.map((group) => ({
      ...group,
      scores: group.scores.map((score) =>
        score.kind === 'unscored'
          ? score
          : scored(score.value, score.parts === undefined ? {} : { parts: score.parts }),
      ),
    })),
}

/** PPO's credit on the verifier's verdict alone, as the other arms have it, and its critic, which learns before the policy does. */
const ppo = (copy: CopyModel) => ({
  credit: withKl(gae(), { beta: 0.01 }),
  shaping: [verdictAlone],
  companions: [critic(copy({ valueHead: true }), { adam: { learningRate: 2e-3, clipNorm: 1 } })],
  ...modelFirst,
})

/** Steps in which the policy stands still and what it learns from does not. */
const modelFirst: Pick<ArmParts, 'schedule' | 'moreSteps'> = {
  schedule: (step) => (step < settings.freeze ? 0 : 1),
  moreSteps: settings.freeze,
}

/** RTO's DPO model: trained on the start's own answers, right ones against wrong ones. */
async function dpoModel(copy: CopyModel, { task, model }: Start, seed: number) {
  const prompts: Prompt[] = []
  for await (const prompt of task.prompts(`pairs ${seed}`)) if (prompts.push(prompt) === 100) break
  const groups = await collect(prompts, {
    policy: model,
    reward: task.reward,
    groupSize: budget.groupSize,
    sampling: { maxTokens: budget.maxTokens, seed },
  })
  const policy = copy()
  await preference({
    policy,
    data: pairsOf(groups),
    objective: dpo({ beta: 0.1 }),
    batch: 32,
    epochs: 2,
    adam: { learningRate: 3e-4, clipNorm: 1 },
    seed,
    folder: false,
  })
  return policy
}

const arms: Readonly<Record<string, MakeParts>> = {
  grpo: () => ({ credit: grpo() }),
  rloo: () => ({ credit: rloo() }),
  bnpo: () => ({ credit: bnpo() }),
  tempo: () => ({ credit: tempo() }),
  'thr, p 0': () => ({ credit: thr(grpo()) }),
  'thr, p 0.3': () => ({ credit: thr(grpo(), { p }) }),
  'thr, p -0.3': () => ({ credit: thr(grpo(), { p: -p }) }),
  prime: (copy) => ({
    credit: whiten(prime()),
    companions: [implicitReward(copy(), { beta: settings.beta, adam: { learningRate: 2e-3, clipNorm: 10 } })],
  }),
  'oreal, no reward model': () => ({ credit: oreal({ weights: 'none' }), objective: kl }),
  'oreal, token reward model': (copy) => ({
    credit: oreal({ select: 'all' }),
    objective: kl,
    companions: [tokenRewardModel(copy({ valueHead: true }), { adam: { learningRate: 2e-3, clipNorm: 1 } })],
    ...modelFirst,
  }),
  'ppo, critic first': (copy) => {
    const { credit, ...rest } = ppo(copy)
    return { ...rest, credit: whiten(credit) }
  },
  'rto, critic and pairs first': async (copy, start, seed) => {
    const { credit, companions, ...rest } = ppo(copy)
    const reference = start.model.freeze()
    const dense = implicitReward(await dpoModel(copy, start, seed), { reference, update: 'never' })
    return { ...rest, credit: whiten(rto(credit, { scale: 0.2 })), companions: [...companions, dense] }
  },
  'grpo-lambda 0.2': () => ({ credit: grpo(), shaping: [grpoLambda()] }),
  'pure, process + verifier': () => ({ credit: whiten(pure()) }),
  'clip, delta + verifier': () => ({
    credit: whiten(pure({ form: 'sum', steps: 'reward' })),
    shaping: [clipDelta({ weight: settings.alpha })],
  }),
}

const measured = ({ history, accuracy }: Trained) => ({
  // The steps in which a policy stood still while its reward model learned are not counted.
  value: success(history, budget),
  curves: byCost(history, budget),
  extra: { 'held-out accuracy': accuracy, 'tokens an answer': late(history, 'completionLength') },
})

export default recipe<Start>({
  title: 'Credit for verifiable rewards',
  paper: 'twelve papers: docs/credit-and-objectives.md names each',
  claim: 'Each method learns at least as fast as GRPO on the same answers, steps and seeds.',
  measure: 'Success of sampled answers, mean over the training steps',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: (seed) => prepareThinkSolve(seed, settings),
  arms: Object.fromEntries(Object.entries(arms).map(([name, make]) => [name, creditArm(budget, make, measured)])),
  pictures: (start, seed) => creditPictures(arms, budget, start, seed),
  verdict(results) {
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided; fourteen comparisons will pass it by chance about once in two.
    const others = Object.values(results).filter(({ name }) => name !== 'grpo')
    const worse = others.filter((arm) => pairedT(arm, results.grpo).t < -2.1).map(({ name }) => name)
    const better = others.filter((arm) => pairedT(arm, results.grpo).t > 2.1).map(({ name }) => name)
    const named = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join('; '))
    return {
      holds: worse.length === 0 ? 'yes' : better.length === 0 ? 'no' : 'mixed',
      because: `above GRPO by more than chance: ${named(better)}. Below: ${named(worse)}`,
    }
  },
  notes: [
    'One learning rate for all, tuned for none. The last two arms see a process reward that the others do not.',
    'OREAL with a reward model, PPO and RTO have 20 steps more, in which the policy stands still; their tokens and seconds count them.',
    'RTO is to be read beside PPO: both have a critic, as large as the policy. Its DPO model has learned from 800 answers more, which its tokens do not count.',
    'grpo-lambda asks for shorter answers, not for better ones.',
  ],
})
