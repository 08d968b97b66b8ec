/** PEFT folders that ask for what is not read here, or do not hold together. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { openSafetensors, type TensorSource, writeSafetensors } from '../../src/data/safetensors.ts'
import { loadAdapter, readAdapterConfig, saveAdapter } from '../../src/nn/adapterFiles.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { loraLayout, loraScale, loraTargets } from '../../src/nn/lora.ts'
import { sameNumbers } from '../sameNumbers.ts'
import { adapterSettings, adapterWeights, models } from '../tinyModels.ts'

let folder = ''
const base = decoderLayout(models.llama)
const adapter = { settings: adapterSettings, ...adapterWeights(base) }
const configPath = () => join(folder, 'adapter_config.json')
const weightsPath = () => join(folder, 'adapter_model.safetensors')
let config: Record<string, unknown> = {}

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-adapter-'))
  await saveAdapter(folder, adapter, 'org/base')
  config = JSON.parse(await readFile(configPath(), 'utf8'))
})
after(() => rm(folder, { recursive: true }))

const withConfig = async (change: object) => {
  await writeFile(configPath(), JSON.stringify({ ...config, ...change }))
  return readAdapterConfig(folder)
}

test('what is saved is read again', async () => {
  assert.deepEqual(await readAdapterConfig(folder), { base: 'org/base', settings: adapterSettings })
  sameNumbers(await loadAdapter(folder, { plan: loraLayout(base, adapterSettings) }), adapter.values)
  assert.equal(await readAdapterConfig(join(folder, 'nowhere')), undefined)
})

test('all-linear, and the scale of rsLoRA', async () => {
  assert.deepEqual((await withConfig({ target_modules: 'all-linear' }))?.settings.targets, loraTargets)
  const settings = (await withConfig({ use_rslora: true, r: 16, lora_alpha: 3, rank_pattern: { v_proj: 4 } }))?.settings
  assert.ok(settings)
  const scales = ['q_proj', 'v_proj'].map((name) => loraScale(`model.layers.0.self_attn.${name}.weight`, settings))
  // α/√r
  assert.deepEqual(scales, [3 / 4, 3 / 2])
})

test('adapters of other kinds are refused by their key', async () => {
  const cases: readonly [object, RegExp][] = [
    [{ peft_type: 'IA3' }, /adapter_config\.json: 'peft_type'/],
    [{ use_dora: true }, /'use_dora'.*\n.*no DoRA/],
    [{ bias: 'all' }, /'bias'/],
    [{ modules_to_save: ['lm_head'] }, /'modules_to_save'/],
    [{ fan_in_fan_out: true }, /'fan_in_fan_out'/],
    [{ r: 0 }, /'r'/],
    [{ r: 1.5 }, /'r'/],
    [{ lora_dropout: 1 }, /'lora_dropout'/],
    [{ target_modules: ['q_proj', 'embed_tokens'] }, /'target_modules' names 'embed_tokens'/],
    [{ target_modules: '.*_proj' }, /'target_modules' names '\.\*_proj'/],
    [{ rank_pattern: { 'layers.*.q_proj': 8 } }, /'rank_pattern\.layers\.\*\.q_proj'.*\n.*without wildcards/],
    [{ rank_pattern: { q_proj: 0 } }, /'rank_pattern\.q_proj'/],
    [{ alpha_pattern: { q_proj: -1 } }, /'alpha_pattern\.q_proj'/],
    [{ base_model_name_or_path: null }, /it does not name its base/],
  ]
  for (const [change, message] of cases) await assert.rejects(withConfig(change), { name: 'GuerdonError', message })
  await writeFile(configPath(), '{')
  await assert.rejects(readAdapterConfig(folder), /adapter_config\.json: it is not JSON/)
})

test('weights that do not fit the adapters are named', async () => {
  const bytes = await readFile(weightsPath())
  await using file = await openSafetensors(weightsPath())
  const all: TensorSource[] = await Promise.all(
    [...file.tensors].map(async ([name, { shape }]) => ({ name, shape, data: await file.readFloats(name) })),
  )
  const refuses = async (tensors: readonly TensorSource[], message: RegExp) => {
    await writeSafetensors(weightsPath(), tensors)
    await assert.rejects(loadAdapter(folder, { plan: loraLayout(base, adapterSettings) }), (thrown) => {
      assert.ok(thrown instanceof GuerdonError, String(thrown))
      assert.match(thrown.message, message)
      return true
    })
  }
  const first = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight'
  await refuses(
    all.filter(({ name }) => name !== first),
    /adapter_model\.safetensors: tensor 'base_model\.model\.model\.layers\.0\.self_attn\.q_proj\.lora_A\.weight' is missing/,
  )
  await refuses(
    all.map((each) => (each.name === first ? { ...each, shape: [64, 2] } : each)),
    /q_proj\.lora_A\.weight' has shape \[64, 2\], but .* makes it \[2, 64\]/,
  )
  const extra = 'base_model.model.lm_head.lora_A.weight'
  await refuses(
    [...all, { name: extra, shape: [1], data: new Float32Array(1) }],
    /lm_head\.lora_A\.weight' has no place/,
  )
  await writeFile(weightsPath(), bytes.subarray(0, bytes.length - 4))
  await assert.rejects(loadAdapter(folder, { plan: loraLayout(base, adapterSettings) }), /the file is cut short/)
})
