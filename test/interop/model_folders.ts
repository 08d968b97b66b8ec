/**
 * Writes the tiny models of test/tinyModels.ts as Hugging Face folders and an adapter as a PEFT folder, for
 * transformers_peer.py to load.
 *
 *     node --conditions=guerdon-source test/interop/model_folders.ts DIR
 *     python test/interop/transformers_peer.py DIR
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { saveAdapter } from '../../src/nn/adapterFiles.ts'
import { saveModel } from '../../src/nn/checkpoint.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { adapterSettings, adapterWeights, models, tokenizer, tokens, weights } from '../tinyModels.ts'

const [, , folder] = process.argv
const { endId, padId } = tokenizer
for (const [name, config] of Object.entries(models)) {
  const plan = decoderLayout(config)
  const model = { config, plan, values: weights(plan, name) }
  await saveModel(join(folder, name), model, { endId, padId, files: tokenizer.files() })
}
const base = decoderLayout(models.llama)
await saveAdapter(
  join(folder, 'adapter'),
  { settings: adapterSettings, ...adapterWeights(base) },
  join(folder, 'llama'),
)
await writeFile(join(folder, 'tokens.json'), JSON.stringify(tokens))
