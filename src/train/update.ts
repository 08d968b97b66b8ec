/** One step's updates: the objective over minibatches, its gradient through the policy, and the optimiser. */
import type { Readout, Want } from '../data/readout.ts'
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
interface Taught {
  readonly group: number
  readonly rollout: Rollout
  readonly advantages: Float32Array
  /** What has been read of it since it was sampled, under the policy that sampled it. */
  readonly output: Readout
}

/**
 * Makes `epochs * minibatches` updates and gives the means of their metrics. Unscored rollouts take part in none, and a
 * minibatch of nothing else is passed over.
 */
export async function update(
  groups: readonly Group[],
  advantages: readonly (readonly Float32Array[])[],
  outputs: readonly (readonly Readout[])[],
  options: UpdateOptions,
): Promise<Record<string, number>> {
  const { epochs, minibatches } = options
  const taught = groups.flatMap(({ rollouts, scores }, group) =>
    rollouts.flatMap((rollout, i): Taught[] =>
      scores[i].kind === 'scored'
        ? [{ group, rollout, advantages: advantages[group][i], output: outputs[group][i] }]
        : [],
    ),
  )
  const read = await withLasting(taught, options)
  const collected: Record<string, number>[] = []
  for (let epoch = 0; epoch < epochs; epoch++)
    for (let part = 0; part < minibatches; part++) {
      const batch = read.filter(({ group }) => group % minibatches === part)
      if (batch.length > 0) collected.push(await updateOnce(batch, collected.length === 0, options))
    }
  const names = new Set(collected.flatMap((metrics) => Object.keys(metrics)))
  return Object.fromEntries([...names].map((name) => [name, mean(collected.flatMap((metrics) => metrics[name] ?? []))]))
}

/** Adds what the objective needs of others: the reference and the companions stay as they are while the policy learns. */
async function withLasting(batch: readonly Taught[], { objective, sources }: UpdateOptions): Promise<Taught[]> {
  const missing = objective.needs.filter((need) => lasts(need, sources) && !batch.every(({ output }) => need in output))
  if (missing.length === 0) return [...batch]
  const read = await gatherReadouts(sources, batch.map(sequenceOf), missing)
  return batch.map((each, i) => ({ ...each, output: { ...each.output, ...read[i] } }))
}

async function updateOnce(
  batch: readonly Taught[],
  onPolicy: boolean,
  { policy, objective, sources, adam }: UpdateOptions,
): Promise<Record<string, number>> {
  // Before the first update the policy is the one that sampled: its log-probs are already here.
  const known = (need: Want) =>
    lasts(need, sources) || (onPolicy && (need === 'logprobs' || batch.every(({ output }) => need in output)))
  const sequences = batch.map(sequenceOf)
  const read = await gatherReadouts(
    sources,
    sequences,
    objective.needs.filter((need) => !known(need)),
  )
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

/** Whether a readout comes from something that no update of the policy changes. */
function lasts(need: Want, { companions }: Sources): boolean {
  return need === 'reference' || companions.some(({ gives }) => gives.includes(need))
}

function sequenceOf({ rollout }: Taught) {
  return rollout.sequence
}
