/** Credit: scored groups in, one advantage per completion token out. */
import type { Readout, Want } from '../data/readout.ts'
import type { Group } from '../data/rollout.ts'
import type { InfluenceQuestion } from '../policy/policy.ts'

/** Takes a number worth plotting, by name. */
export type Report = (name: string, value: number) => void

/**
 * Spreads scores over tokens. `assign` sees the whole batch before it is cut into microbatches. `outputs[g][i]` holds
 * the readouts named in `needs` for rollout i of group g. The answer has one array per rollout, one number per
 * completion token; a rollout whose score is Unscored takes part in no mean and gets zeros.
 */
export interface Credit {
  readonly name: string
  readonly needs: readonly Want[]
  /** True where dense rewards (`Score.tokens`, `Score.steps`) are credited where they stand; other credits read `Score.value` alone. */
  readonly dense?: boolean
  /** True where shifting and stretching the values of a group changes no advantage. */
  readonly standardises?: boolean
  /** What `influence` is to be measured towards, for all rollouts of the groups in their order. With the need for it. */
  influence?(groups: readonly Group[]): InfluenceQuestion
  assign(groups: readonly Group[], outputs: readonly (readonly Readout[])[], report?: Report): Float32Array[][]
  /** What a credit remembers between steps, as JSON; travels in the checkpoint. */
  state?(): unknown
  restore?(state: unknown): void
}
