/** A model written for other programs: a GGUF file for llama.cpp, or a Hugging Face folder; adapters worked in. */
import { basename, extname } from 'node:path'
import { GuerdonError } from '../../data/error.ts'
import type { GgufWrittenType } from '../../data/ggufWriter.ts'
import { loadAdapter, readAdapterConfig } from '../../nn/adapterFiles.ts'
import { saveModel } from '../../nn/checkpoint.ts'
import { saveGgufModel } from '../../nn/ggufModel.ts'
import { loraLayout, merged } from '../../nn/lora.ts'
import { ggufTokenizerFields } from '../../text/ggufVocabulary.ts'
import { type OpenedModel, type OpenModelOptions, openModel } from './openModel.ts'

export interface ExportOptions extends OpenModelOptions {
  /** How weights are written. Q8_0 is for GGUF files only. Default: F16 in a GGUF file, F32 in a folder. */
  readonly type?: GgufWrittenType
}

/**
 * Writes a model (whatever `openModel` opens, or an adapter's folder) to `to`: a GGUF file where that ends in .gguf, with
 * the tokenizer and the chat template, else a Hugging Face folder. Throws a GuerdonError where the tokenizer or the
 * rotary scaling has no place in GGUF.
 */
export async function exportModel(nameOrPath: string, to: string, options: ExportOptions = {}): Promise<void> {
  const { type } = options
  const toFile = to.endsWith('.gguf')
  if (!toFile && type === 'Q8_0')
    throw new GuerdonError('a folder cannot be written as Q8_0', { where: to, fix: 'end its name in .gguf' })
  const { tokenizer, ...model } = await openMerged(nameOrPath, options)
  const { endId, padId } = tokenizer
  if (!toFile && type !== 'Q8_0') return saveModel(to, model, { endId, padId, files: tokenizer.files() }, type)
  const fields = ggufTokenizerFields(tokenizer.files(), model.config.vocabulary, nameOrPath)
  const name = basename(to, extname(to))
  await saveGgufModel(to, model, { tokenizer: fields, name, ...(type === undefined ? {} : { type }) })
}

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
