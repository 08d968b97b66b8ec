/** A model's weights while it learns: frozen copies share them until the next step writes new ones. */
import type { DecoderConfig } from '../../nn/config.ts'
import { type Layout, view } from '../../nn/parameters.ts'

/** Weights that never change: what a program reads. */
export interface Snapshot {
  readonly config: DecoderConfig
  readonly plan: Layout
  readonly values: Float32Array
}

/** The snapshot's blocks, or its parts, as values of the inputs that `weightInputs` made. */
export function weightFeeds({ plan, values }: Snapshot, by: 'block' | 'part') {
  const [named, places] =
    by === 'block' ? [plan.blocks, plan.ofBlock] : [plan.blocks.flatMap(({ parts }) => parts), plan.ofPart]
  return Object.fromEntries(
    named.map(({ name, shape }) => [name, { data: view(values, places.get(name)), dims: shape }]),
  )
}
