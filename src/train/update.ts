/** One step's updates: the objective over minibatches, its gradient through the policy, and the optimiser. */
import type { Readout } from '../data/readout.ts'
import type { Group, Rollout } from '../data/rollout.ts'
import type { Objective } from '../objectives/objective.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import { mean } from './metrics.ts'
import { gatherReadouts, type Sources } from './readouts.ts'

export interface UpdateOptions {
  readonly policy: Policy
  readonly objective: Objective
  readonly sources: Sources
  readonly adam: Adam
  readonly epochs: number
  readonly minibatches: number
}

/** A rollout that takes part: it has a score. */
interface Lesson {
  readonly rollout: Rollout
  readonly advantages: Float32Array
  readonly output: Readout
}

/** Makes `epochs * minibatches` updates and gives the means of their metrics. Unscored rollouts take part in none. */
export async function update(
  groups: readonly Group[],
  advantages: readonly (readonly Float32Array[])[],
  outputs: readonly (readonly Readout[])[],
  options: UpdateOptions,
): Promise<Record<string, number>> {
  const lessons = groups.map((group, g) =>
    group.rollouts.flatMap((rollout, i): Lesson[] =>
      group.scores[i].kind === 'scored' ? [{ rollout, advantages: advantages[g][i], output: outputs[g][i] }] : [],
    ),
  )
  const collected: Record<string, number>[] = []
  for (let epoch = 0; epoch < options.epochs; epoch++)
    for (let part = 0; part < options.minibatches; part++) {
      const batch = lessons.filter((_, g) => g % options.minibatches === part).flat()
      if (batch.length === 0) continue
      collected.push(await updateOnce(batch, collected.length === 0, options))
    }
  const names = new Set(collected.flatMap((metrics) => Object.keys(metrics)))
  return Object.fromEntries([...names].map((name) => [name, mean(collected.map((metrics) => metrics[name]))]))
}

async function updateOnce(
  batch: readonly Lesson[],
  onPolicy: boolean,
  { policy, objective, sources, adam }: UpdateOptions,
): Promise<Record<string, number>> {
  const sequences = batch.map(({ rollout }) => rollout.sequence)
  // Before the first update the policy is the one that sampled: its log-probs are already here.
  const missing = objective.needs.filter(
    (need) => !(need === 'logprobs' && onPolicy) && (!onPolicy || !batch.every(({ output }) => need in output)),
  )
  const read = await gatherReadouts(sources, sequences, missing)
  const { loss, gradients, metrics } = objective.evaluate(
    batch.map(({ rollout, advantages, output }, i) => ({
      rollout,
      advantages,
      readout: { ...output, logprobs: rollout.logprobs, ...read[i] },
    })),
  )
  await policy.backward(
    sequences,
    gradients.map((logprobs) => ({ logprobs })),
  )
  const { gradientNorm } = await policy.step(adam)
  return { loss, gradientNorm, learningRate: adam.learningRate, ...metrics }
}
