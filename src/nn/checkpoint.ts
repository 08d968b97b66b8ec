/** A model as a Hugging Face folder: config.json, model.safetensors and the tokenizer's files. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { GuerdonError, messageOf } from '../data/error.ts'
import { openSafetensors, type SafetensorsFile, writeSafetensors } from '../data/safetensors.ts'
import { configFile, type DecoderConfig, parseConfig } from './config.ts'
import { decoderLayout } from './decoder.ts'
import { type Layout, view } from './parameters.ts'

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

/** Writes the folder; each file is whole or absent. */
export async function saveModel(folder: string, model: Model, around: ModelFiles): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, text] of Object.entries(around.files)) await writeFileAtomic(join(folder, name), text)
  await writeFileAtomic(join(folder, 'config.json'), configFile(model.config, around))
  await writeSafetensors(join(folder, 'model.safetensors'), namedTensors(model.plan, model.values))
}

/** A flat array's parts under their checkpoint names. */
export function namedTensors(plan: Layout, values: Float32Array) {
  return [...plan.ofPart].map(([name, place]) => ({ name, shape: place.shape, data: view(values, place) }))
}

/** Reads the folder. Errors name the file, the tensor and what does not fit. */
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
  const plan = decoderLayout(config)
  const weights = await openSafetensors(join(folder, 'model.safetensors'))
  try {
    return { config, plan, values: await readTensors(weights, plan) }
  } finally {
    await weights[Symbol.asyncDispose]()
  }
}

/** Fills a flat array from a file that must hold every part, with its shape. */
export async function readTensors(file: SafetensorsFile, plan: Layout): Promise<Float32Array> {
  const values = new Float32Array(plan.size)
  for (const [name, place] of plan.ofPart) {
    const info = file.tensors.get(name)
    if (info === undefined)
      throw new GuerdonError(`tensor '${name}' is missing`, {
        where: file.path,
        fix: `config.json asks for it; the file has ${file.tensors.size} other tensors`,
      })
    if (info.shape.join() !== place.shape.join())
      throw new GuerdonError(
        `tensor '${name}' has shape [${info.shape.join(', ')}], but config.json makes it [${place.shape.join(', ')}]`,
        { where: file.path },
      )
    view(values, place).set(await file.readFloats(name))
  }
  return values
}
