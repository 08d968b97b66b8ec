/**
 * RTO, "DPO Meets PPO" (2024, arXiv 2404.18922): PPO with the token reward of a DPO model beside the answer's own. Does a dense
 * reward teach sooner than a verdict on the last token?
 */
import { gae, type RtoOptions, rto, whiten, withKl } from 'guerdon/credit'
import { clipped, dpo } from 'guerdon/objectives'
import { copyOf, type LocalPolicy, nano } from 'guerdon/policy'
import { type ArmRun, critic, implicitReward, pairedT, policyGradient, recipe } from 'guerdon/train'
import { critical, maxTokens, points, prepare, type Start, settings, train } from './chainSum.ts'

const own = {
  ...settings,
  rollouts: 96,
  steps: 14,
  policyLearningRate: 5e-4,
  criticLearningRate: 2e-3,
  epochs: 2,
  tokenReward: 0.2,
  kl: 0.01,
}

interface Trained extends Start {
  readonly dpo: LocalPolicy
}

/** PPO with a critic; `options` say how DPO's token rewards come in, if at all. */
function ppo(options?: RtoOptions) {
  return async (start: Trained, seed: number): Promise<ArmRun> => {
    const policy = copyOf(start.model)
    const values = nano('0.2M', policy.tokenizer, { seed, context: policy.contextLength, valueHead: true })
    const judge = critic(values, { adam: { learningRate: own.criticLearningRate, clipNorm: 1 }, epochs: own.epochs })
    const sparse = withKl(gae(), { beta: own.kl })
    const dense = implicitReward(start.dpo, { reference: start.model.freeze(), update: 'never' })
    const { history } = await policyGradient({
      policy,
      task: start.task,
      credit: whiten(options === undefined ? sparse : rto(sparse, options)),
      objective: clipped(),
      companions: options === undefined ? [judge] : [judge, dense],
      prompts: own.rollouts,
      groupSize: 1,
      steps: own.steps,
      maxTokens,
      epochs: own.epochs,
      adam: { learningRate: own.policyLearningRate, clipNorm: 1 },
      seed,
      folder: false,
    })
    await Promise.all([policy.close(), values.close()])
    const rewards = history.map(({ metrics }) => metrics.reward)
    const late = rewards.slice(-5)
    return {
      value: rewards.reduce((sum, each) => sum + each, 0) / rewards.length,
      curves: { Reward: { steps: history.map(({ step }) => step), values: rewards } },
      extra: { 'first step': rewards[0], 'last five steps': late.reduce((sum, each) => sum + each, 0) / late.length },
    }
  }
}

const scale = own.tokenReward

export default recipe<Trained>({
  number: 12,
  title: 'RTO: DPO token rewards inside PPO',
  paper: 'arXiv 2404.18922',
  claim: "PPO with a DPO model's token rewards learns faster than PPO with the answer's reward alone.",
  measure: 'Reward (share of right answers), mean over the training steps',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: own,
  async prepare(seed) {
    const start = await prepare(seed)
    const { policy } = await train(start, seed, dpo({ beta: settings.beta }))
    return { ...start, dpo: policy }
  },
  arms: {
    PPO: ppo(),
    RTO: ppo({ scale }),
    'RS-PPO (shaping only)': ppo({ scale, spread: 'shaping' }),
    'DDPO (sum at the end)': ppo({ scale, spread: 'end' }),
  },
  verdict(arms) {
    const gain = pairedT(arms.RTO, arms.PPO)
    const shaped = pairedT(arms['RS-PPO (shaping only)'], arms.PPO)
    const summed = pairedT(arms['DDPO (sum at the end)'], arms.PPO)
    const holds = gain.t > critical ? 'yes' : gain.difference > 0 ? 'mixed' : 'no'
    return {
      holds,
      because: `RTO - PPO: ${points(gain)}; shaping only: ${points(shaped)}; the sum at the end: ${points(summed)}`,
    }
  },
  notes: [
    'The reward model is the verifier. The DPO model has seen verdicts on other prompts: RTO brings that knowledge in.',
  ],
})
