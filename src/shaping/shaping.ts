/** Shaping: scores in, scores out. It sees the whole batch, because rankings and moments cross prompts. */
import type { Group } from '../data/rollout.ts'

/** Changes the values of scores, dense ones too, and nothing else; an Unscored rollout passes through as it is. */
export interface Shaping {
  readonly name: string
  shape(groups: readonly Group[]): readonly Group[]
  /** True where it only shifts and stretches the values of each group: a credit that standardises groups undoes it whole. */
  readonly affine?: boolean
  /** What it remembers between steps, as JSON; travels in the checkpoint. */
  state?(): unknown
  restore?(state: unknown): void
}
