/** Where a model's weights come from (one file, shards, GGUF), and a flat array filled from there. */
import { GuerdonError } from '../data/error.ts'
import { type Layout, view } from './parameters.ts'

/** Named tensors that can be read, one at a time, into their place. */
export interface WeightSource {
  /** The file or folder, for errors. */
  readonly path: string
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>
  /** A tensor's name in the file, where that is another. */
  readonly nameIn?: (name: string) => string
  readInto(name: string, target: Float32Array): Promise<void>
}

/**
 * A flat array with every part of a layout. Nothing is allocated before every name and shape is checked. Throws a
 * GuerdonError that names the file, the tensor and what does not fit.
 */
export async function readTensors(source: WeightSource, plan: Layout): Promise<Float32Array> {
  const { nameIn = (name: string) => name } = source
  for (const [name, { shape }] of plan.ofPart) {
    const info = source.tensors.get(name)
    if (info === undefined)
      throw new GuerdonError(`tensor '${nameIn(name)}' is missing`, {
        where: source.path,
        fix: `the model's configuration asks for it; ${source.tensors.size} others are there`,
      })
    if (info.shape.join() !== shape.join())
      throw new GuerdonError(
        `tensor '${nameIn(name)}' has shape [${info.shape.join(', ')}], but the model's configuration makes it [${shape.join(', ')}]`,
        { where: source.path },
      )
  }
  const values = new Float32Array(plan.size)
  for (const [name, place] of plan.ofPart) await source.readInto(name, view(values, place))
  return values
}

/** Tensors that may lie in a checkpoint of these families without being weights of the decoder. */
const harmless = /(\.rotary_emb\.inv_freq|^lm_head\.weight|^score\.weight|^v_head\..*|^rope_freqs\.weight)$/

/**
 * Throws a GuerdonError for a tensor that the layout has no place for: a model read without some of its weights would
 * answer, and answer wrongly.
 */
export function checkNothingLeft(source: WeightSource, plan: Layout): void {
  for (const name of source.tensors.keys())
    if (!plan.ofPart.has(name) && !harmless.test(name))
      throw new GuerdonError(`tensor '${source.nameIn?.(name) ?? name}' has no place in the model`, {
        where: source.path,
        fix: "the model's configuration contradicts its weights, or it is of a kind that is not supported",
      })
}

/** Throws where a configuration asks for more layers than there are tensors, before anything of that size is made. */
export function checkLayers(source: WeightSource, layers: number): void {
  if (layers > source.tensors.size)
    throw new GuerdonError(`the model is said to have ${layers} layers, but only ${source.tensors.size} tensors`, {
      where: source.path,
    })
}
