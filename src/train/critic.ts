/** A critic beside the policy: a model with a value head that learns the returns GAE asks it for (PPO's value model). */
import { type GaeOptions, valueTargets } from '../credit/gae.ts'
import { valueLoss } from '../objectives/valueLoss.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import type { Companion } from './companion.ts'

export interface CriticOptions extends GaeOptions {
  /** Default: learning rate 1e-3, clip norm 1. */
  readonly adam?: Adam
  /** Passes over each step's rollouts. Default 1. */
  readonly epochs?: number
  /** How far a value may move in a step before its gradient stops (PPO's value clip). Default: no bound. */
  readonly clip?: number
}

/** Makes a model with a value head the source of `values`. Give `gae` and the critic the same gamma and lambda. */
export function critic(model: Policy, options: CriticOptions = {}): Companion {
  const { adam = { learningRate: 1e-3, clipNorm: 1 }, epochs = 1, clip } = options
  const objective = valueLoss(clip === undefined ? {} : { clip })
  return {
    name: 'critic',
    gives: ['values'],
    forward: (sequences, want) => model.forward(sequences, want),
    async learn({ groups, outputs }) {
      const targets = valueTargets(groups, outputs, options)
      const lessons = groups.flatMap((group, g) =>
        group.rollouts.flatMap(({ sequence }, i) => {
          const [returns, sampled] = [targets[g][i], outputs[g][i].values]
          return returns === undefined || sampled === undefined ? [] : [{ sequence, returns, sampled }]
        }),
      )
      if (lessons.length === 0) return {}
      const sequences = lessons.map(({ sequence }) => sequence)
      let numbers: Record<string, number> = {}
      for (let epoch = 0; epoch < epochs; epoch++) {
        // The values that gave the advantages are today's until the first step.
        const read = epoch === 0 ? undefined : await model.forward(sequences, ['values'])
        const { loss, gradients, metrics } = objective.evaluate(
          lessons.map(({ returns, sampled }, i) => ({ returns, sampled, values: read?.[i].values ?? sampled })),
        )
        await model.backward(
          sequences,
          gradients.map((values) => ({ values })),
        )
        const { gradientNorm } = await model.step(adam)
        numbers = { loss, gradientNorm, ...metrics }
      }
      return numbers
    },
    save: (folder) => model.save(folder),
    load: (folder) => model.load(folder),
  }
}
