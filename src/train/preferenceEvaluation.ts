/** Held-out preferences judged by what an objective takes answers to be worth, and the token credit that shows why. */
import { areaUnderCurve } from '../data/areaUnderCurve.ts'
import type { Readout } from '../data/readout.ts'
import type { Group, Rollout } from '../data/rollout.ts'
import { scored } from '../data/score.ts'
import type { FeedbackObjective } from '../objectives/feedback.ts'
import type { PairObjective } from '../objectives/pair.ts'
import { mean } from './metrics.ts'
import type { Example } from './preferenceExamples.ts'

/**
 * `accuracy`, `margin`, `chosenReward` and `rejectedReward` of pairs; of judged answers their rewards by class, and as
 * accuracy the chance that a desirable answer's reward is above an undesirable one's. Equals count half. NaN where one
 * class is missing.
 */
export function judge(
  { over, reward }: Pick<PairObjective | FeedbackObjective, 'over' | 'reward'>,
  examples: readonly Example[],
  readouts: readonly (readonly Readout[])[],
): { readonly accuracy: number } & Readonly<Record<string, number>> {
  if (over === 'pairs') {
    const chosen = readouts.map(([readout]) => reward(readout))
    const rejected = readouts.map(([, readout]) => reward(readout))
    return {
      accuracy: mean(chosen.map((value, i) => won(value, rejected[i]))),
      margin: mean(chosen) - mean(rejected),
      chosenReward: mean(chosen),
      rejectedReward: mean(rejected),
    }
  }
  const of = (desirable: boolean) =>
    readouts.flatMap(([readout], i) => ((examples[i].desirable === true) === desirable ? [reward(readout)] : []))
  const [up, down] = [of(true), of(false)]
  return {
    accuracy: areaUnderCurve(up, down),
    margin: mean(up) - mean(down),
    desirableReward: mean(up),
    undesirableReward: mean(down),
  }
}

function won(value: number, other: number): number {
  return value > other ? 1 : value === other ? 0.5 : 0
}

/** Examples whose token credit is kept at each evaluation. */
const kept = 4

/**
 * The first examples as groups, each answer's tokens with their log-ratio to the reference: the implicit reward of DPO,
 * token by token (Rafailov et al. 2024, "From r to Q*", eq. 10). None for an objective without a reference.
 */
export function ledger(
  examples: readonly Example[],
  readouts: readonly (readonly Readout[])[],
): { readonly groups: Group[]; readonly credits: Float32Array[][] } {
  const shown = examples.slice(0, kept).flatMap((example, i) => {
    const answers = example.answers.flatMap((text, k) => {
      const { logprobs, reference } = readouts[i][k]
      if (logprobs === undefined || reference === undefined) return []
      const rollout: Rollout = {
        sample: { prompt: example.prompt, completion: { text, finish: 'stop' } },
        sequence: example.sequences[k],
        logprobs,
      }
      const preferred = example.desirable ?? k === 0
      return [{ rollout, score: scored(preferred ? 1 : 0), credit: logprobs.map((value, t) => value - reference[t]) }]
    })
    return answers.length === 0 ? [] : [{ prompt: example.prompt, answers }]
  })
  return {
    groups: shown.map(({ prompt, answers }) => ({
      prompt,
      rollouts: answers.map(({ rollout }) => rollout),
      scores: answers.map(({ score }) => score),
    })),
    credits: shown.map(({ answers }) => answers.map(({ credit }) => credit)),
  }
}
