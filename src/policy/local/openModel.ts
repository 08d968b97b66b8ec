/** A model by where it is: a Hugging Face folder, a GGUF file, or a name on the hub. */
import { stat } from 'node:fs/promises'
import { type HubProgress, hubFolder, isHubName } from '../../data/hubCache.ts'
import { loadModel, type Model } from '../../nn/checkpoint.ts'
import { loadGgufModel } from '../../nn/ggufModel.ts'
import { tokenizerFromGguf } from '../../text/ggufTokenizer.ts'
import { loadTokenizer } from '../../text/huggingFaceTokenizer.ts'
import type { Tokenizer } from '../../text/tokenizer.ts'

/** A model ready to run, and the folder that may hold more of it. */
export interface OpenedModel extends Model {
  readonly tokenizer: Tokenizer
  readonly folder?: string
}

export interface OpenModelOptions {
  /** Called while a model is fetched from the hub. */
  readonly onDownload?: (progress: HubProgress) => void
}

/**
 * Opens a Hugging Face folder (config.json, model.safetensors or shards, tokenizer.json), a .gguf file, or, where there
 * is neither of that name, a model of the hub (`ORGANISATION/MODEL`, `ORGANISATION/MODEL@REVISION`), from the cache or
 * the network. Throws a GuerdonError that names the file, the tensor or the key that does not fit.
 */
export async function openModel(nameOrPath: string, options: OpenModelOptions = {}): Promise<OpenedModel> {
  const found = await stat(nameOrPath).catch(() => undefined)
  if (found?.isFile()) {
    const { metadata, ...model } = await loadGgufModel(nameOrPath)
    return { ...model, tokenizer: tokenizerFromGguf(metadata, nameOrPath) }
  }
  const { onDownload } = options
  const folder =
    found === undefined && isHubName(nameOrPath)
      ? await hubFolder(nameOrPath, onDownload === undefined ? {} : { onProgress: onDownload })
      : nameOrPath
  const [model, tokenizer] = await Promise.all([loadModel(folder), loadTokenizer(folder)])
  return { ...model, tokenizer, folder }
}
