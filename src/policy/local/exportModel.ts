/** A model written for other programs: a GGUF file for llama.cpp, or a Hugging Face folder; adapters worked in. */
import { basename, extname } from 'node:path'
import { GuerdonError } from '../../data/error.ts'
import type { GgufWrittenType } from '../../data/ggufWriter.ts'
import { loadAdapter, readAdapterConfig } from '../../nn/adapterFiles.ts'
import { saveModel } from '../../nn/checkpoint.ts'
import type { FolderType } from '../../nn/config.ts'
import { saveGgufModel } from '../../nn/ggufModel.ts'
import { loraLayout, merged } from '../../nn/lora.ts'
import { ggufTokenizerFields } from '../../text/ggufVocabulary.ts'
import { type OpenedModel, type OpenModelOptions, openModel } from './openModel.ts'

export interface ExportOptions extends OpenModelOptions {
  /** How weights are written. A GGUF file: F32, F16 (the default) or Q8_0. A folder: F32 (the default), F16 or BF16. */
  readonly type?: GgufWrittenType | FolderType
}

/**
 * Writes a model (whatever `openModel` opens, or an adapter's folder) to `to`: a GGUF file where that ends in .gguf, with
 * the tokenizer and the chat template, else a Hugging Face folder. Throws a GuerdonError where the tokenizer or the
 * rotary scaling has no place in GGUF.
 */
export async function exportModel(nameOrPath: string, to: string, options: ExportOptions = {}): Promise<void> {
  const { type } = options
  const toFile = to.endsWith('.gguf')
  if (type === (toFile ? 'BF16' : 'Q8_0'))
    throw new GuerdonError(`${toFile ? 'a GGUF file' : 'a folder'} is not written as ${type}`, { where: to })
  const { tokenizer, ...model } = await openMerged(nameOrPath, options)
  const { endId, padId } = tokenizer
  if (!toFile) return saveModel(to, model, { endId, padId, files: tokenizer.files() }, folderType(type))
  const fields = ggufTokenizerFields(tokenizer.files(), model.config.vocabulary, nameOrPath)
  await saveGgufModel(to, model, {
    tokenizer: fields,
    name: basename(to, extname(to)),
    type: type === 'BF16' || type === undefined ? 'F16' : type,
  })
}

const folderType = (type: ExportOptions['type']): FolderType => (type === 'Q8_0' || type === undefined ? 'F32' : type)

/** A model; of an adapter's folder, its base with the adapters worked in. */
async function openMerged(nameOrPath: string, options: OpenModelOptions): Promise<OpenedModel> {
  const adapter = await readAdapterConfig(nameOrPath)
  if (adapter === undefined) return openModel(nameOrPath, options)
  const model = await openModel(adapter.base, options)
  const { settings } = adapter
  const plan = loraLayout(model.plan, settings)
  const values = await loadAdapter(nameOrPath, { plan })
  return { ...model, values: merged(model, { plan, values, settings }) }
}
