/**
 * "From r to Q*: Your Language Model is Secretly a Q-Function" (2024, arXiv 2404.12358): the token log-ratio of a DPO policy is an
 * advantage. Does it point at the tokens where answers went wrong, though only whole answers were compared?
 */
import { dpoReward, type TokenScorer } from 'guerdon/credit'
import { dpo } from 'guerdon/objectives'
import type { FrozenPolicy, LocalPolicy } from 'guerdon/policy'
import { pairedT, recipe } from 'guerdon/train'
import {
  accuracyOf,
  beamAccuracy,
  critical,
  errorDetection,
  points,
  prepare,
  rejectedAnswers,
  type Start,
  settings,
  train,
} from './chainSum.ts'

const { beta } = settings
const beams = [1, 5]
const searched = 40

interface Trained extends Start {
  readonly policy: LocalPolicy
}

/** The baseline: a token is suspicious where a model finds it unlikely. */
function likelihood(model: FrozenPolicy): TokenScorer {
  return {
    name: 'likelihood',
    score: async (answers) =>
      (
        await model.forward(
          answers.map(({ sequence }) => sequence),
          ['logprobs'],
        )
      ).map(({ logprobs = new Float32Array(0) }) => logprobs),
  }
}

const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length

/** Mean log-ratio at the first local error, on the tokens before it, and on right tokens after it. */
async function alongAnswers(start: Trained): Promise<Record<string, number>> {
  const answers = rejectedAnswers(start)
  const ratios = await dpoReward(start.policy, start.model, { beta: 1 }).score(answers)
  const of = (keep: (t: number, first: number, errors: readonly boolean[]) => boolean) =>
    mean(
      answers.flatMap(({ errors }, i) =>
        errors.flatMap((_, t) => (keep(t, errors.indexOf(true), errors) ? [ratios[i][t]] : [])),
      ),
    )
  return {
    'log-ratio at an error': of((t, _, errors) => errors[t]),
    'before the first': of((t, first) => t < first),
    'right ones after it': of((t, first, errors) => first >= 0 && t > first && !errors[t]),
  }
}

/** Share of the first test prompts that beam search answers rightly, and the tokens it read for each. */
async function searches({ policy, task, test }: Trained): Promise<Record<string, number>> {
  const found: Record<string, number> = {}
  for (const width of beams) {
    const { right, read } = await beamAccuracy(policy, { task, test }, width, searched)
    found[`right with ${width} beam${width > 1 ? 's' : ''}`] = right
    found[`tokens read, ${width}`] = read
  }
  return found
}

export default recipe<Trained>({
  number: 54,
  title: 'From r to Q*: the credit map inside a DPO policy',
  paper: 'arXiv 2404.12358',
  claim: "A DPO policy's token log-ratios are low just where rejected answers went wrong, and normal again after that.",
  measure: 'Area under the ROC curve as a detector of local errors in rejected answers',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, beams, searched },
  async prepare(seed) {
    const start = await prepare(seed)
    const { policy } = await train(start, seed, dpo({ beta }))
    return { ...start, policy }
  },
  arms: {
    'token reward of DPO': async (start) => ({
      value: await errorDetection(start, dpoReward(start.policy, start.model, { beta })),
      extra: {
        ...(await alongAnswers(start)),
        'sampled accuracy': await accuracyOf(start.policy, start),
        ...(await searches(start)),
      },
    }),
    "reference's log-prob": async (start) => ({ value: await errorDetection(start, likelihood(start.model)) }),
    "DPO policy's log-prob": async (start) => ({ value: await errorDetection(start, likelihood(start.policy)) }),
  },
  verdict(arms) {
    const gain = pairedT(arms['token reward of DPO'], arms["reference's log-prob"])
    const area = arms['token reward of DPO'].mean
    const holds = area > 0.9 && gain.t > critical ? 'yes' : area > 0.75 ? 'mixed' : 'no'
    return { holds, because: `area ${area.toFixed(3)}; against the reference's log-prob: ${points(gain)}` }
  },
  notes: [
    'Beams are reported and not judged: on this task greedy decoding of a trained policy is near its best already.',
  ],
})
