/** Folders and GGUF files that do not hold together: each is refused by file, tensor and reason, before any allocation. */
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { GuerdonError } from '../../src/data/error.ts'
import { openSafetensors, type TensorSource, writeSafetensors } from '../../src/data/safetensors.ts'
import { loadModel, saveModel } from '../../src/nn/checkpoint.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { loadGgufModel, saveGgufModel } from '../../src/nn/ggufModel.ts'
import { ggufName, huggingFaceName, turnRows } from '../../src/nn/ggufNames.ts'
import { sameNumbers } from '../sameNumbers.ts'
import { models, weights } from '../tinyModels.ts'

let folder = ''
const config = { ...models.llama, layers: 1, width: 32, hidden: 32 }
const plan = decoderLayout(config)
const model = { config, plan, values: weights(plan, 'checkpoint') }

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-checkpoint-'))
  await saveModel(join(folder, 'whole'), model, { endId: 1, padId: 0, files: {} })
  await saveGgufModel(join(folder, 'whole.gguf'), model, { type: 'Q8_0', tokenizer: {} })
})
after(() => rm(folder, { recursive: true }))

let made = 0
/** A copy of the folder, its config changed. */
async function copy(change: object = {}): Promise<string> {
  const path = join(folder, `copy-${made++}`)
  await cp(join(folder, 'whole'), path, { recursive: true })
  const file = join(path, 'config.json')
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, 'utf8')), ...change }))
  return path
}

const refuses = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (thrown) => {
    assert.ok(thrown instanceof GuerdonError, String(thrown))
    assert.match(thrown.message, message)
    return true
  })

/** The folder's tensors, as a writer takes them. */
async function sources(path: string): Promise<TensorSource[]> {
  await using file = await openSafetensors(join(path, 'model.safetensors'))
  return Promise.all(
    [...file.tensors].map(async ([name, { shape }]) => ({ name, shape, data: await file.readFloats(name) })),
  )
}

/** The folder's weights cut into shards. */
async function sharded(count: number): Promise<string> {
  const path = await copy()
  const all = await sources(path)
  const map: Record<string, string> = {}
  for (let i = 0; i < count; i++) {
    const name = `model-0000${i + 1}-of-0000${count}.safetensors`
    const own = all.filter((_, at) => at % count === i)
    await writeSafetensors(join(path, name), own)
    for (const tensor of own) map[tensor.name] = name
  }
  await writeFile(join(path, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }))
  await rm(join(path, 'model.safetensors'))
  return path
}

test('shards are read as one model', async () => {
  sameNumbers((await loadModel(await sharded(3))).values, model.values)
})

test('shards that are missing, or do not hold what the index says, are named', async () => {
  const path = await sharded(3)
  const name = join(path, 'model-00002-of-00003.safetensors')
  const index = join(path, 'model.safetensors.index.json')
  const bytes = await readFile(name)
  await rm(name)
  await refuses(loadModel(path), /index\.json: 1 of 3 shards are missing: model-00002-of-00003\.safetensors/)
  await writeFile(name, bytes.subarray(0, bytes.length - 1))
  await refuses(loadModel(path), /model-00002-of-00003\.safetensors: .*the file is cut short/)
  await cp(join(path, 'model-00001-of-00003.safetensors'), name)
  await refuses(
    loadModel(path),
    /model-00002-of-00003\.safetensors: it has no tensor '.*', though .*index\.json says so/,
  )
  for (const bad of ['../x.safetensors', '/etc/passwd', 'x.bin', '..safetensors'])
    await writeFile(index, JSON.stringify({ weight_map: { a: bad } })).then(() =>
      refuses(loadModel(path), /index\.json: 'weight_map\.a': expected the name of a \.safetensors file/),
    )
  await writeFile(index, '[')
  await refuses(loadModel(path), /index\.json: it is not JSON/)
})

test('a config that contradicts the weights', async () => {
  const cases: readonly [object, RegExp][] = [
    [{ num_hidden_layers: 2 }, /tensor 'model\.layers\.1\.input_layernorm\.weight' is missing/],
    [{ num_hidden_layers: 1e9 }, /said to have 1000000000 layers, but only \d+ tensors/],
    [{ vocab_size: 41 }, /'model\.embed_tokens\.weight' has shape \[40, 32\], but .* makes it \[41, 32\]/],
    [{ vocab_size: 1e12 }, /'model\.embed_tokens\.weight' has shape \[40, 32\]/],
    [{ hidden_size: 2 ** 40 }, /'model\.embed_tokens\.weight' has shape/],
    [{ intermediate_size: 64 }, /'model\.layers\.0\.mlp\.gate_proj\.weight' has shape \[32, 32\]/],
    [{ num_key_value_heads: 4 }, /'model\.layers\.0\.self_attn\.k_proj\.weight' has shape/],
    [{ attention_bias: true }, /'model\.layers\.0\.self_attn\.q_proj\.bias' is missing/],
    [{ model_type: 'qwen3' }, /'model\.layers\.0\.self_attn\.q_norm\.weight' is missing/],
    [{ model_type: 'gemma3_text' }, /config\.json: 'model_type'/],
  ]
  for (const [change, message] of cases) await refuses(loadModel(await copy(change)), message)
})

test('weights that the model has no place for are not passed over in silence', async () => {
  const path = await copy()
  const file = join(path, 'model.safetensors')
  const all = await sources(path)
  const extra = (name: string): TensorSource => ({ name, shape: [1], data: new Float32Array(1) })
  await writeSafetensors(file, [...all, extra('model.layers.0.self_attn.q_proj.bias')])
  await refuses(loadModel(path), /model\.safetensors: tensor 'model\.layers\.0\.self_attn\.q_proj\.bias' has no place/)
  await writeSafetensors(file, [...all, extra('model.layers.0.self_attn.rotary_emb.inv_freq')])
  sameNumbers((await loadModel(path)).values, model.values)
  await writeSafetensors(file, [
    ...all.filter(({ name }) => name !== 'model.norm.weight'),
    { name: 'model.norm.weight', shape: [32], data: new Int32Array(32) },
  ])
  await refuses(loadModel(path), /tensor "model\.norm\.weight" has type I32, expected F32, F16 or BF16/)
})

test('folders without weights that are read say what is there instead', async () => {
  const path = await copy()
  await rm(join(path, 'model.safetensors'))
  await refuses(loadModel(path), /model\.safetensors: there is no such file\n.*needs config\.json/)
  await writeFile(join(path, 'pytorch_model.bin'), '')
  await refuses(loadModel(path), /pytorch_model\.bin may hold code and is not read/)
  await writeFile(join(path, 'x.gguf'), '')
  await refuses(loadModel(path), /name the GGUF file itself: .*x\.gguf/)
})

test('weights written as 16 bits are read back rounded to the nearest, at half the size', async () => {
  const whole = (await stat(join(folder, 'whole', 'model.safetensors'))).size
  for (const [type, step] of [
    ['F16', 2 ** -11],
    ['BF16', 2 ** -8],
  ] as const) {
    const path = join(folder, type)
    await saveModel(path, model, { endId: 1, padId: 0, files: {} }, type)
    const { config: again, values } = await loadModel(path)
    assert.deepEqual(again, config)
    // The smallest binary16 numbers have fewer digits.
    const errors = values.map((value, i) => (Math.abs(value) < 1e-3 ? 0 : Math.abs(value / model.values[i] - 1)))
    const farthest = errors.reduce((far, error) => Math.max(far, error))
    assert.ok(farthest > step / 4 && farthest <= step, `${type}: ${farthest}`)
    assert.ok((await stat(join(path, 'model.safetensors'))).size < 0.55 * whole)
    await saveModel(path, { config, plan, values }, { endId: 1, padId: 0, files: {} }, type)
    sameNumbers((await loadModel(path)).values, values)
  }
})

test('what config.json holds beside the model is kept', async () => {
  const path = await copy({ bos_token_id: 5, use_cache: true, eos_token_id: [1, 2], dtype: 'bfloat16' })
  const loaded = await loadModel(path)
  assert.deepEqual(loaded.config.others, { bos_token_id: 5, use_cache: true })
  await saveModel(path, loaded, { endId: 1, padId: 0, files: {} })
  const file = JSON.parse(await readFile(join(path, 'config.json'), 'utf8'))
  assert.deepEqual([file.bos_token_id, file.use_cache, file.eos_token_id, file.torch_dtype], [5, true, 1, 'float32'])
  assert.deepEqual((await loadModel(path)).config, loaded.config)
})

test('names and rows of GGUF', () => {
  for (const [name] of decoderLayout(models['qwen3, tied, heads wider than the model']).ofPart)
    assert.equal(huggingFaceName(ggufName(name)), name)
  assert.equal(ggufName('model.layers.12.self_attn.q_proj.bias'), 'blk.12.attn_q.bias')
  assert.equal(ggufName('lm_head.weight'), 'output.weight')
  for (const strange of ['', 'constructor.weight', 'blk.0.constructor.weight', 'x'])
    assert.equal(huggingFaceName(strange), strange)
  // Two heads of 4 rows, then one of 6: row i is the number i.
  const rows = (count: number) => Float32Array.from({ length: count }, (_, i) => i)
  assert.deepEqual([...turnRows(rows(8), 4, 1, 'gguf')], [0, 2, 1, 3, 4, 6, 5, 7])
  assert.deepEqual([...turnRows(rows(6), 6, 1, 'gguf')], [0, 3, 1, 4, 2, 5])
  assert.deepEqual([...turnRows(rows(6), 6, 1, 'huggingFace')], [0, 2, 4, 1, 3, 5])
  assert.deepEqual([...turnRows(rows(8), 4, 2, 'gguf')], [0, 1, 4, 5, 2, 3, 6, 7])
})

/** The GGUF file with a text replaced by another of the same length. */
async function patched(from: string, to: string): Promise<string> {
  const path = join(folder, `patched-${made++}.gguf`)
  const bytes = await readFile(join(folder, 'whole.gguf'))
  bytes.write(to, bytes.indexOf(from), 'latin1')
  await writeFile(path, bytes)
  return path
}

test('GGUF files whose metadata and tensors do not fit are named', async () => {
  const u32 = (value: number) => String.fromCharCode(value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24)
  const number = (key: string, value: number) => patched(`${key}\u0004`, `${key}\u0004\0\0\0${u32(value)}`)
  const cases: readonly [Promise<string>, RegExp][] = [
    [
      patched('\0llama', '\0gemma'),
      /patched-\d+\.gguf: the architecture "gemma" is not supported\n.*llama, qwen2, qwen3/,
    ],
    [patched('llama.block_count', 'llama.block_mount'), /'llama\.block_count'/],
    [number('llama.block_count', 2), /tensor 'blk\.1\.attn_norm\.weight' is missing/],
    [number('llama.block_count', 0xffffffff), /said to have 4294967295 layers/],
    [number('llama.attention.head_count', 3), /heads cannot share|expected the size of a key|cannot turn/],
    [
      number('llama.embedding_length', 64),
      /tensor 'token_embd\.weight' has shape \[40, 32\], but .* makes it \[40, 64\]/,
    ],
    [number('llama.embedding_length', 0x7fffffff), /tensor 'token_embd\.weight' has shape/],
    [number('llama.rope.dimension_count', 8), /'llama\.rope\.dimension_count' is 8, expected the size of a key, 16/],
    [patched('blk.0.attn_norm', 'blk.0.attn_form'), /tensor 'blk\.0\.attn_form\.weight' has no place in the model/],
    [patched('token_embd', 'token_bend'), /tensor 'token_embd\.weight' is missing/],
  ]
  for (const [path, message] of cases) await refuses(loadGgufModel(await path), message)
})

test('mutated GGUF models are refused with a GuerdonError or loaded whole', async () => {
  const whole = await readFile(join(folder, 'whole.gguf'))
  const path = join(folder, 'fuzz.gguf')
  const edit = fc.record({ at: fc.nat(1600), value: fc.nat(255) })
  let loaded = 0
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async (edits) => {
      const mutant = Buffer.from(whole)
      for (const { at, value } of edits) mutant[at] = value
      await writeFile(path, mutant)
      try {
        const { values } = await loadGgufModel(path)
        assert.equal(values.length, plan.size)
        loaded++
      } catch (thrown) {
        assert.ok(thrown instanceof GuerdonError, String(thrown))
        assert.match(thrown.message, /fuzz\.gguf/)
      }
    }),
    { seed: 5, numRuns: 500 },
  )
  assert.ok(loaded > 0 && loaded < 400, `${loaded} mutants were loaded`)
})
