/**
 * The tiny models as transformers sees the folders that Guerdon writes, and adapters as peft sees them, both ways
 * (vectors recorded by test/interop/model_folders.ts and transformers_peer.py).
 */
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { saveAdapter } from '../../src/nn/adapterFiles.ts'
import { saveModel } from '../../src/nn/checkpoint.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { exportModel } from '../../src/policy/local/exportModel.ts'
import { local } from '../../src/policy/local/local.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { sameNumbers } from '../sameNumbers.ts'
import {
  adapterSettings,
  adapterWeights,
  farthest,
  logprobs,
  logprobsOf,
  models,
  tokenizer,
  tokens,
  weights,
} from '../tinyModels.ts'

interface Recorded {
  readonly next: readonly number[]
  readonly rows: readonly (readonly number[])[]
}

interface Vectors {
  readonly places: readonly number[]
  readonly models: Readonly<Record<string, Recorded>>
  readonly adapter: Recorded
  readonly peft: Recorded
  readonly peftPatterns: Recorded
}

const vectors = join(import.meta.dirname, 'vectors')
let recorded: Vectors
let folder = ''
before(async () => {
  recorded = JSON.parse(await readFile(join(vectors, 'transformers.json'), 'utf8'))
  folder = await mkdtemp(join(tmpdir(), 'guerdon-folders-'))
})
after(() => rm(folder, { recursive: true }))

/** Within 5e-5: float32 both, summed in another order. */
function agrees(ours: readonly Float64Array[], theirs: Recorded): void {
  const following = tokens.slice(1).map((token, t) => ours[t][token])
  const rows = recorded.places.map((place) => ours[place])
  const distance = farthest(
    [Float64Array.from(following), ...rows],
    [theirs.next, ...theirs.rows].map((row) => Float64Array.from(row)),
  )
  assert.ok(distance < 5e-5, `log-probs differ by ${distance}`)
}

async function saved(name: string): Promise<string> {
  const config = models[name]
  const plan = decoderLayout(config)
  const path = join(folder, name)
  const { endId, padId } = tokenizer
  await saveModel(path, { config, plan, values: weights(plan, name) }, { endId, padId, files: tokenizer.files() })
  return path
}

for (const name of Object.keys(models))
  test(`${name}: the folder has the log-probs of transformers, and is read again as it was`, async () => {
    const { config, values } = await openModel(await saved(name))
    assert.deepEqual(config, models[name])
    sameNumbers(values, weights(decoderLayout(config), name))
    agrees(await logprobs(config, values), recorded.models[name])
  })

test('an adapter saved here has in peft the log-probs it has here, and so has the model with it worked in', async () => {
  const base = await saved('llama')
  const path = join(folder, 'adapter')
  await saveAdapter(path, { settings: adapterSettings, ...adapterWeights(decoderLayout(models.llama)) }, base)
  agrees(await logprobsOf(await local(path, { threads: 1 })), recorded.adapter)
  for (const to of [join(folder, 'merged'), join(folder, 'merged.gguf')]) {
    await exportModel(path, to, { type: 'F32' })
    const { config, values } = await openModel(to)
    agrees(await logprobs(config, values), recorded.adapter)
  }
})

for (const [what, name, key] of [
  ['rsLoRA, some layers only', 'peftAdapter', 'peft'],
  ['ranks and alphas of single layers', 'peftPatternAdapter', 'peftPatterns'],
] as const)
  test(`an adapter that peft saved (${what}) has here the log-probs it has there, and so once saved here`, async () => {
    const path = join(folder, name)
    await cp(join(vectors, name), path, { recursive: true })
    const config = JSON.parse(await readFile(join(path, 'adapter_config.json'), 'utf8'))
    await writeFile(
      join(path, 'adapter_config.json'),
      JSON.stringify({ ...config, base_model_name_or_path: await saved('llama') }),
    )
    const policy = await local(path, { threads: 1 })
    const [again, merged] = [join(folder, `${name} again`), join(folder, `${name} merged`)]
    await policy.save(again)
    await policy.saveMerged(merged)
    agrees(await logprobsOf(policy), recorded[key])
    for (const each of [again, merged]) agrees(await logprobsOf(await local(each, { threads: 1 })), recorded[key])
  })
