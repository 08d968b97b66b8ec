/**
 * What llama.cpp makes of SmolLM2-135M-Instruct (Q4_1): token ids of texts, and greedy continuations of 20 prompts, of
 * the file itself and of the same weights written as F32. Writes test/policy/vectors/smollm2.json, which
 * test/policy/smollm2.test.ts reads.
 *
 *     GUERDON_SMOLLM2=SmolLM2-135M-Instruct.Q4_1.gguf node --conditions=guerdon-source test/interop/smollm2_vectors.ts
 *
 * Recorded with node-llama-cpp 3.22.1 (llama.cpp v0.5.0), keys and values cached as F32.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { saveGgufModel } from '../../src/nn/ggufModel.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { ggufTokenizerFields } from '../../src/text/ggufVocabulary.ts'
import { llamaCpp } from '../llamaCpp.ts'
import { smollm2 } from '../smollm2.ts'
import { texts } from '../texts.ts'

const asked = [
  'What is the capital of France?',
  'Write one sentence about the sea.',
  'Add 12 and 30.',
  'Name three colours.',
  'Translate "good morning" into Spanish.',
  'Who wrote Hamlet?',
  'Give me a JSON object with the keys name and age.',
  'Is 17 a prime number?',
  'Explain gravity to a child.',
  'List the days of the week.',
]
const begun = [
  'The quick brown fox',
  'Once upon a time, in a small village,',
  'def fibonacci(n):\n    ',
  'Water boils at',
  'The three primary colours are',
  'In 1969, the first man',
  '1, 2, 3, 4,',
  'Dear Sir or Madam,\n\n',
  'Photosynthesis is the process by which',
  'The opposite of hot is',
]
const count = 24

const path = smollm2()
assert.ok(path !== undefined, 'the GGUF file is not there')
const peer = await llamaCpp()
assert.ok(peer !== undefined, 'llama.cpp does not run here')
const folder = await mkdtemp(join(tmpdir(), 'guerdon-smollm2-'))
try {
  const { tokenizer, ...model } = await openModel(path)
  const chats = asked.map((content) => tokenizer.render([{ role: 'user', content }]))
  const prompts = await peer.tokenise(path, [...chats, ...begun])
  const cut = [...texts(300, 21), ...chats]
  const ids = await peer.tokenise(path, cut)
  const file = await peer.greedy(path, prompts, count)
  const floats = join(folder, 'f32.gguf')
  const fields = ggufTokenizerFields(tokenizer.files(), model.config.vocabulary)
  await saveGgufModel(floats, model, { type: 'F32', tokenizer: fields })
  const asFloats = await peer.greedy(floats, prompts, count)
  const round = (answers: typeof file) =>
    answers.map(({ tokens, best }) => ({ tokens, best: best.map((two) => two.map((x) => Number(x.toFixed(5)))) }))
  const recorded = { prompts, file: round(file), floats: round(asFloats), texts: cut.map((text, i) => [text, ids[i]]) }
  await writeFile(join(import.meta.dirname, '..', 'policy', 'vectors', 'smollm2.json'), `${JSON.stringify(recorded)}\n`)
} finally {
  await rm(folder, { recursive: true })
  await peer.close()
}
