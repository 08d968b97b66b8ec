/** A model's weights while it learns: frozen copies share them until the next step writes new ones. */
import type { DecoderConfig } from '../../nn/config.ts'
import type { LoraSettings } from '../../nn/lora.ts'
import { type Layout, view } from '../../nn/parameters.ts'

/** Numbers and their order. */
export interface Weighed {
  readonly plan: Layout
  readonly values: Float32Array
}

/** Weights that never change: what a program reads. With adapters, the rest is a frozen base that they share. */
export interface Snapshot extends Weighed {
  readonly config: DecoderConfig
  readonly lora?: Weighed & { readonly settings: LoraSettings }
}

/** What a step changes: the adapters where there are some, else the model. */
export function learned(snapshot: Snapshot): Weighed {
  return snapshot.lora ?? snapshot
}

/** The same snapshot with other numbers in what a step changes. */
export function withLearned(snapshot: Snapshot, values: Float32Array): Snapshot {
  return snapshot.lora === undefined ? { ...snapshot, values } : { ...snapshot, lora: { ...snapshot.lora, values } }
}

/** The blocks, or the parts, as values of the inputs that `weightInputs` made. */
export function weightFeeds({ plan, values }: Weighed, by: 'block' | 'part') {
  const [named, places] =
    by === 'block' ? [plan.blocks, plan.ofBlock] : [plan.blocks.flatMap(({ parts }) => parts), plan.ofPart]
  return Object.fromEntries(
    named.map(({ name, shape }) => [name, { data: view(values, places.get(name)), dims: shape }]),
  )
}

/** The adapters' values; none where there are no adapters. */
export function adapterFeeds({ lora }: Snapshot) {
  return lora === undefined ? {} : weightFeeds(lora, 'part')
}
