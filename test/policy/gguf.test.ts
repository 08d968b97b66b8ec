/** Models written as GGUF, held against llama.cpp and against themselves. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { saveGgufModel } from '../../src/nn/ggufModel.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { ggufTokenizerFields } from '../../src/text/ggufVocabulary.ts'
import { llamaCpp, type Peer } from '../llamaCpp.ts'
import { sameNumbers } from '../sameNumbers.ts'
import { farthest, logprobs, models, tokenizer, tokens, weights } from '../tinyModels.ts'

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

async function written(name: string, type: 'F32' | 'F16' | 'Q8_0') {
  const config = models[name]
  const plan = decoderLayout(config)
  const values = weights(plan, name)
  const path = join(folder, `${name.replaceAll(/\W+/g, '-')}-${type}.gguf`)
  const fields = ggufTokenizerFields(tokenizer.files(), config.vocabulary)
  await saveGgufModel(path, { config, plan, values }, { type, tokenizer: fields, name })
  return { config, plan, values, path }
}

// What transformers keeps in config.json alone has no place in GGUF.
for (const name of Object.keys(models).filter((each) => !each.includes('dynamic')))
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
