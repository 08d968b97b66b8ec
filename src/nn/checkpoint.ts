/** A model as a Hugging Face folder: config.json, model.safetensors (or shards) and the tokenizer's files. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { GuerdonError, messageOf } from '../data/error.ts'
import { writeSafetensors } from '../data/safetensors.ts'
import { configFile, type DecoderConfig, type FolderType, parseConfig } from './config.ts'
import { decoderLayout } from './decoder.ts'
import { type Layout, view } from './parameters.ts'
import { openFolderWeights } from './shards.ts'
import { checkLayers, checkNothingLeft, readTensors } from './weightSource.ts'

export interface Model {
  readonly config: DecoderConfig
  readonly plan: Layout
  readonly values: Float32Array
}

/** What surrounds the weights: the ids the config names, and the tokenizer's own files by name. */
export interface ModelFiles {
  readonly endId: number
  readonly padId: number
  readonly files: Readonly<Record<string, string>>
}

/** Writes the folder; each file is whole or absent. `type` is that of the weights. */
export async function saveModel(
  folder: string,
  model: Model,
  around: ModelFiles,
  type: FolderType = 'F32',
): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(around.files)) await writeFileAtomic(join(folder, name), text)
  await writeFileAtomic(join(folder, 'config.json'), configFile(model.config, around, type))
  const tensors = namedTensors(model.plan, model.values).map(({ name, shape, data }) => ({
    ...{ name, shape, dtype: type },
    load: () => data,
  }))
  await writeSafetensors(join(folder, 'model.safetensors'), tensors)
}

/** A flat array's parts under their checkpoint names. */
export function namedTensors(plan: Layout, values: Float32Array) {
  return [...plan.ofPart].map(([name, place]) => ({ name, shape: place.shape, data: view(values, place) }))
}

/**
 * Reads the folder; beside the weights themselves it takes a few megabytes. Errors name the file, the tensor and what
 * does not fit.
 */
export async function loadModel(folder: string): Promise<Model> {
  const path = join(folder, 'config.json')
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new GuerdonError(`could not be read: ${messageOf(cause)}`, {
      where: path,
      cause,
      fix: 'name a folder that holds config.json, model.safetensors and tokenizer.json',
    })
  })
  const config = parseConfig(text, path)
  await using weights = await openFolderWeights(folder)
  checkLayers(weights, config.layers)
  const plan = decoderLayout(config)
  checkNothingLeft(weights, plan)
  return { config, plan, values: await readTensors(weights, plan) }
}
