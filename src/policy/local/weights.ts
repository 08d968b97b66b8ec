/** A model's weights while it learns: frozen copies share them until the next step writes new ones. */
import type { DecoderConfig } from '../../nn/config.ts'
import { type Layout, view } from '../../nn/parameters.ts'

/** Weights that never change: what a program reads. */
export interface Snapshot {
  readonly config: DecoderConfig
  readonly plan: Layout
  readonly values: Float32Array
}

/** The snapshot as inputs of a program whose weights are inputs. */
export function weightFeeds({ plan, values }: Snapshot) {
  return Object.fromEntries(
    plan.blocks.map(({ name, shape }) => [name, { data: view(values, plan.ofBlock.get(name)), dims: shape }]),
  )
}
