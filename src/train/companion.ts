/** Companions: whatever trains beside the policy (a critic, an implicit process reward model, a reward model). */
import type { Readout, Want } from '../data/readout.ts'
import type { Group, Sequence } from '../data/rollout.ts'
import type { Device } from '../graph/device.ts'
import type { Policy } from '../policy/policy.ts'

/** One step as a companion sees it: index [g][i] is rollout i of group g. */
export interface Lesson {
  readonly groups: readonly Group[]
  readonly outputs: readonly (readonly Readout[])[]
  readonly advantages: readonly (readonly Float32Array[])[]
}

/** `L` is what it learns from: a step's rollouts, or, beside a preference loop, its pairs. */
export interface Companion<L = Lesson> {
  readonly name: string
  /** Readouts that it, not the policy, gives to credits and objectives. */
  readonly gives: readonly Want[]
  forward(sequences: readonly Sequence[], want: readonly Want[]): Promise<Readout[]>
  /** Learns from scored answers before the credit reads anything of them. */
  prepare?(groups: readonly Group[]): Promise<Readonly<Record<string, number>>>
  /** Learns from a step after the policy did; gives numbers worth plotting. */
  learn(lesson: L): Promise<Readonly<Record<string, number>>>
  save(folder: string): Promise<void>
  load(folder: string): Promise<void>
}

/** A companion that a configuration names: it has no model until there is a policy to start from. */
export interface NamedCompanion extends Pick<Companion, 'name' | 'gives'> {
  /** The policy is as training finds it, warmed up. `seed` draws what is new in the model, such as a value head. */
  open(policy: Policy, seed: number | string, on: { readonly device?: Device }): Promise<OpenCompanion>
}

export interface OpenCompanion {
  readonly companion: Companion
  close(): Promise<void>
}
