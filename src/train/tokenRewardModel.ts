/**
 * OREAL's companion (2025, arXiv 2502.06781): a model with a scalar head that learns, from the verifier's verdicts alone, to
 * tell right answers by the mean of its logits over an answer's tokens: L = BCE(sigma(mean_t l_t), right). The logits
 * then say how promising an answer looks so far. (The paper's head has no bias; the value head here has one, from 0.)
 */
import { type RightnessOptions, rightness } from '../data/rightness.ts'
import { outcomeLoss } from '../objectives/outcomeLoss.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import type { Companion } from './companion.ts'

export interface TokenRewardModelOptions extends RightnessOptions {
  /** Default: learning rate 1e-3 (nano models; the paper's is four times the policy's), clip norm 1. */
  readonly adam?: Adam
}

/**
 * Makes a model with a value head the source of `values`: the logits l_t. At its start they are near 0 and OREAL's weights
 * with them: freeze the policy for its first steps with `schedule: (step) => (step < 10 ? 0 : 1)`.
 */
export function tokenRewardModel(model: Policy, options: TokenRewardModelOptions = {}): Companion {
  const { adam = { learningRate: 1e-3, clipNorm: 1 } } = options
  const objective = outcomeLoss({ pool: 'mean' })
  return {
    name: 'tokenRewardModel',
    gives: ['values'],
    forward: (sequences, want) => model.forward(sequences, want),
    async learn({ groups, outputs }) {
      const lessons = groups.flatMap((group, g) => {
        const right = rightness(group, options)
        return group.rollouts.flatMap(({ sequence }, i) => {
          // The logits that weighed the policy's update are today's: nothing is read twice.
          const logits = outputs[g][i].values
          return right[i] === undefined || logits === undefined
            ? []
            : [{ sequence, logits, outcome: right[i] ? 1 : 0, group: g }]
        })
      })
      if (lessons.length === 0) return {}
      const { loss, gradients, metrics } = objective.evaluate(lessons)
      await model.backward(
        lessons.map(({ sequence }) => sequence),
        gradients.map((values) => ({ values })),
      )
      const { gradientNorm } = await model.step(adam)
      return { loss, gradientNorm, ...metrics }
    },
    save: (folder) => model.save(folder),
    load: (folder) => model.load(folder),
  }
}
