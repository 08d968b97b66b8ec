/**
 * SmolLM2-135M-Instruct from a Q4_1 GGUF file, held against llama.cpp on the same file (vectors/smollm2.json, recorded
 * by test/interop/smollm2_vectors.ts). The file is 98 MB and not part of this repository.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { localPolicy } from '../../src/policy/local/local.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { smollm2 } from '../smollm2.ts'

interface Greedy {
  readonly tokens: readonly number[]
  readonly best: readonly (readonly [number, number])[]
}

interface Vectors {
  readonly prompts: readonly (readonly number[])[]
  /** llama.cpp on the file itself, and on the same weights written as F32. */
  readonly file: readonly Greedy[]
  readonly floats: readonly Greedy[]
  readonly texts: readonly (readonly [string, readonly number[]])[]
}

const vectors: Vectors = JSON.parse(readFileSync(join(import.meta.dirname, 'vectors', 'smollm2.json'), 'utf8'))
const path = smollm2()
const opened = path === undefined ? undefined : openModel(path)
const skip = path === undefined ? 'no SmolLM2-135M-Instruct.Q4_1.gguf; name it in GUERDON_SMOLLM2' : false

test('300 texts and 10 conversations are cut into the tokens of llama.cpp', { skip }, async () => {
  assert.ok(opened !== undefined)
  const { tokenizer, config } = await opened
  assert.deepEqual(
    [config.layers, config.width, config.heads, config.keyValueHeads, config.ropeTheta, config.tied],
    [30, 576, 9, 3, 100_000, true],
  )
  for (const [text, ids] of vectors.texts) assert.deepEqual([...tokenizer.encode(text)], ids, JSON.stringify(text))
})

test('20 prompts are continued greedily as llama.cpp continues them', { skip }, async (t) => {
  assert.ok(opened !== undefined)
  const { config, values, tokenizer } = await opened
  const policy = localPolicy(config, values, tokenizer)
  const sequences = vectors.floats.map(({ tokens }, i) => ({
    tokens: Int32Array.from([...vectors.prompts[i], ...tokens]),
    promptLength: vectors.prompts[i].length,
  }))
  const candidates = 8
  const read = await policy.forward(sequences, ['topLogprobs'], { top: candidates })
  // The same weights as floats: the same token everywhere, and its log-prob.
  let farthest = 0
  for (const [i, { tokens, best }] of vectors.floats.entries())
    for (const [at, token] of tokens.entries()) {
      const { ids, logprobs } = read[i].topLogprobs ?? { ids: new Int32Array(0), logprobs: new Float32Array(0) }
      assert.equal(ids[candidates * at], token, `prompt ${i}, token ${at}`)
      farthest = Math.max(farthest, Math.abs(logprobs[candidates * at] - best[at][0]))
    }
  t.diagnostic(
    `F32: ${vectors.floats.flatMap(({ tokens }) => tokens).length} tokens the same, log-probs to ${farthest}`,
  )
  assert.ok(farthest < 2e-3)
  // The file itself: llama.cpp rounds activations to 8 bits before each product with quantised weights. Where that turns
  // a choice, the two candidates were close; from there on the texts are others.
  let same = 0
  for (const [i, { tokens, best }] of vectors.file.entries()) {
    const at = tokens.findIndex((token, place) => token !== vectors.floats[i].tokens[place])
    same += at === -1 ? tokens.length : at
    if (at === -1) continue
    const { ids, logprobs } = read[i].topLogprobs ?? { ids: new Int32Array(0), logprobs: new Float32Array(0) }
    const theirs = ids.indexOf(tokens[at], candidates * at)
    const [here, there] = [logprobs[candidates * at] - logprobs[theirs], best[at][0] - best[at][1]]
    t.diagnostic(`prompt ${i}, token ${at}: here ahead by ${here.toFixed(3)}, there behind by ${there.toFixed(3)}`)
    assert.ok(theirs < candidates * (at + 1) && here + there < 1, `prompt ${i}, token ${at}: ${here} and ${there}`)
  }
  t.diagnostic(`Q4_1: ${same} of ${vectors.file.flatMap(({ tokens }) => tokens).length} tokens until a choice turned`)
  await policy.close()
})

test('opening the file takes little more memory than its weights as floats', { skip }, async (t) => {
  const module = join(import.meta.dirname, '..', '..', 'src', 'policy', 'local', 'openModel.ts')
  const script = `
    const { openModel } = await import(${JSON.stringify(pathToFileURL(module).href)})
    const { values } = await openModel(${JSON.stringify(path)})
    console.log(JSON.stringify([values.byteLength, process.resourceUsage().maxRSS * 1024]))`
  const flags = ['--conditions=guerdon-source', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, flags)
  const [weights, peak]: [number, number] = JSON.parse(stdout)
  t.diagnostic(`${Math.round(weights / 1e6)} MB of weights, at most ${Math.round(peak / 1e6)} MB in all`)
  // Node itself takes about 100 MB, the vocabulary some 50.
  assert.ok(peak - weights < 300e6)
})
