/** Models written as GGUF, held against llama.cpp and against themselves. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { random } from '../../src/data/random.ts'
import type { DecoderConfig } from '../../src/nn/config.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { saveGgufModel } from '../../src/nn/ggufModel.ts'
import { initialise, type Layout, view } from '../../src/nn/parameters.ts'
import { localPolicy } from '../../src/policy/local/local.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { ggufTokenizerFields } from '../../src/text/ggufVocabulary.ts'
import { llamaCpp, type Peer } from '../llamaCpp.ts'
import { sameNumbers } from '../sameNumbers.ts'

let folder = ''
let peer: Peer | undefined
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-gguf-models-'))
  peer = await llamaCpp()
})
after(async () => {
  await peer?.close()
  await rm(folder, { recursive: true })
})

const tokenizer = characterTokenizer('0123456789+-*/=abcdefghijklm ?')

const base: DecoderConfig = {
  family: 'llama',
  vocabulary: 40,
  width: 64,
  layers: 3,
  heads: 4,
  keyValueHeads: 2,
  headSize: 16,
  hidden: 96,
  context: 128,
  ropeTheta: 10_000,
  normEpsilon: 1e-5,
  tied: false,
  attentionBias: false,
  queryKeyNorm: false,
  valueHead: false,
}

const models: Readonly<Record<string, DecoderConfig>> = {
  llama: base,
  'llama, tied, all heads': { ...base, tied: true, keyValueHeads: 4 },
  'llama with biases': { ...base, attentionBias: true, outputBias: true },
  'llama, linear scaling': { ...base, ropeScaling: { type: 'linear', factor: 4 } },
  'llama, llama3 scaling': {
    ...base,
    ropeScaling: { type: 'llama3', factor: 8, low: 1, high: 4, original: 32 },
  },
  'llama, YaRN': {
    ...base,
    ropeScaling: { type: 'yarn', factor: 4, original: 32, betaFast: 32, betaSlow: 1, magnitude: 1 + 0.1 * Math.log(4) },
  },
  qwen2: { ...base, family: 'qwen2', attentionBias: true, normEpsilon: 1e-6, ropeTheta: 1e6 },
  'qwen3, tied, heads wider than the model': {
    ...base,
    ...{ family: 'qwen3', tied: true, headSize: 32, queryKeyNorm: true, normEpsilon: 1e-6 },
  },
}

/** Weights large enough that every one of them matters: norms about 1 and biases about 0, all different. */
function weights(plan: Layout, seed: string): Float32Array {
  const rng = random(seed)
  const values = initialise(plan, rng)
  for (const [name, place] of plan.ofPart)
    if (/norm\.weight$|bias$/.test(name)) {
      const part = view(values, place)
      for (let i = 0; i < part.length; i++) part[i] += 0.3 * rng.normal()
    }
  return values
}

async function written(name: string, type: 'F32' | 'F16' | 'Q8_0') {
  const config = models[name]
  const plan = decoderLayout(config)
  const values = weights(plan, name)
  const path = join(folder, `${name.replaceAll(/\W+/g, '-')}-${type}.gguf`)
  const fields = ggufTokenizerFields(tokenizer.files(), config.vocabulary)
  await saveGgufModel(path, { config, plan, values }, { type, tokenizer: fields, name })
  return { config, plan, values, path }
}

const tokens = Array.from({ length: 60 }, (_, i) => 2 + ((7 * i * i + 3 * i) % 30))

/** Ours: log p of every token after each of the sequence's. */
async function logprobs(config: DecoderConfig, values: Float32Array): Promise<Float64Array[]> {
  const policy = localPolicy(config, values, tokenizer, { threads: 1 })
  const sequence = { tokens: Int32Array.from([...tokens, 2]), promptLength: 1 }
  const [{ topLogprobs }] = await policy.forward([sequence], ['topLogprobs'], { over: 'all', top: config.vocabulary })
  await policy.close()
  return tokens.map((_, t) => {
    const row = new Float64Array(config.vocabulary)
    for (let k = t * config.vocabulary; k < (t + 1) * config.vocabulary; k++)
      row[topLogprobs?.ids[k] ?? -1] = topLogprobs?.logprobs[k] ?? Number.NaN
    return row
  })
}

function farthest(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  assert.equal(a.length, b.length)
  return Math.max(...a.flatMap((row, t) => [...row].map((value, i) => Math.abs(value - b[t][i]))))
}

for (const name of Object.keys(models))
  test(`${name}: the same log-probs in llama.cpp, and the same model read again`, async (t) => {
    const { config, values, path } = await written(name, 'F32')
    const again = await openModel(path)
    sameNumbers(again.values, values)
    const { ropeScaling: scaling, ...shape } = config
    const { ropeScaling: scalingAgain, ...shapeAgain } = again.config
    assert.deepEqual(shapeAgain, shape)
    // GGUF keeps llama3's rule as the divisors it gives.
    if (scaling?.type !== 'llama3') assert.deepEqual(scalingAgain, scaling)
    const ours = await logprobs(config, values)
    assert.ok(farthest(await logprobs(again.config, again.values), ours) < 1e-5)
    if (peer === undefined) return t.skip('llama.cpp does not run here')
    const distance = farthest(await peer.logprobs(path, tokens), ours)
    t.diagnostic(`largest difference of a log-prob: ${distance.toExponential(1)}`)
    assert.ok(distance < 5e-5, `log-probs differ by ${distance}`)
  })

for (const type of ['F16', 'Q8_0'] as const)
  test(`${type}: a file is what llama.cpp runs, and what is read again`, async (t) => {
    const { config, values, path } = await written('llama', type)
    const again = await openModel(path)
    const most = again.values.reduce((far, value, i) => Math.max(far, Math.abs(value - values[i])), 0)
    assert.ok(most > 0 && most < (type === 'F16' ? 1e-3 : 5e-3), `weights moved by ${most}`)
    if (peer === undefined) return t.skip('llama.cpp does not run here')
    // llama.cpp rounds activations to 8 bits too where weights are; to 16 in F16 products.
    const distance = farthest(await peer.logprobs(path, tokens), await logprobs(config, again.values))
    t.diagnostic(`largest difference of a log-prob: ${distance.toExponential(1)}`)
    assert.ok(distance < (type === 'F16' ? 0.02 : 0.2), `log-probs differ by ${distance}`)
  })

test('a tokenizer of characters cuts text in llama.cpp as it does here', async (t) => {
  const { path } = await written('llama', 'F32')
  const { tokenizer: again } = await openModel(path)
  const texts = ['12+34=46', 'abc   def ?', ' a', 'a<eos>b', '9*(', '']
  const inside = texts.filter((text) => !text.includes('('))
  for (const text of inside) assert.deepEqual([...again.encode(text)], [...tokenizer.encode(text)])
  assert.equal(again.decode(tokenizer.encode('1+1= a')), '1+1= a')
  assert.equal(again.endId, tokenizer.endId)
  if (peer === undefined) return t.skip('llama.cpp does not run here')
  const theirs = await peer.tokenise(path, inside)
  inside.forEach((text, i) => assert.deepEqual(theirs[i], [...tokenizer.encode(text)], text))
})
