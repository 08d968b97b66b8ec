/** Tokenizers written to GGUF and read again cut text as llama.cpp does, and as they did before. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { random } from '../../src/data/random.ts'
import { nanoConfig } from '../../src/nn/config.ts'
import { decoderLayout } from '../../src/nn/decoder.ts'
import { saveGgufModel } from '../../src/nn/ggufModel.ts'
import { initialise } from '../../src/nn/parameters.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { ggufPretokenizers } from '../../src/text/ggufPretokenizers.ts'
import { ggufTokenizerFiles } from '../../src/text/ggufTokenizer.ts'
import { ggufTokenizerFields } from '../../src/text/ggufVocabulary.ts'
import { loadTokenizer, type TokenizerFiles, tokenizerFromFiles } from '../../src/text/huggingFaceTokenizer.ts'
import type { Tokenizer } from '../../src/text/tokenizer.ts'
import { llamaCpp, type Peer } from '../llamaCpp.ts'
import { texts } from '../texts.ts'

let folder = ''
let peer: Peer | undefined
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-gguf-tokenizers-'))
  peer = await llamaCpp()
})
after(async () => {
  await peer?.close()
  await rm(folder, { recursive: true })
})

const vectors = join(import.meta.dirname, '..', 'text', 'vectors')

function filesOf(name: string): Record<string, string> {
  const names = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja']
  return Object.fromEntries(names.map((file) => [file, readFileSync(join(vectors, name, file), 'utf8')]))
}

/** A nano model with this tokenizer as a GGUF file. */
async function written(tokenizer: Tokenizer, name: string): Promise<string> {
  const config = { ...nanoConfig('0.2M', tokenizer.vocabularySize + 3), layers: 1 }
  const plan = decoderLayout(config)
  const values = initialise(plan, random(1))
  const path = join(folder, `${name}.gguf`)
  const fields = ggufTokenizerFields(tokenizer.files(), config.vocabulary)
  await saveGgufModel(path, { config, plan, values }, { type: 'F16', tokenizer: fields })
  return path
}

async function check(files: TokenizerFiles, name: string, asked: readonly string[]): Promise<boolean> {
  const before = tokenizerFromFiles(files)
  const path = await written(before, name)
  const { tokenizer } = await openModel(path)
  assert.equal(tokenizer.endId, before.endId)
  for (const text of asked) {
    assert.deepEqual([...tokenizer.encode(text)], [...before.encode(text)], JSON.stringify(text))
    assert.equal(tokenizer.decode(before.encode(text)), before.decode(before.encode(text)))
  }
  const messages = [{ role: 'user', content: 'What is 7 times 8?' }] as const
  assert.equal(tokenizer.render(messages), before.render(messages))
  if (peer === undefined) return false
  const theirs = await peer.tokenise(path, asked)
  asked.forEach((text, i) => assert.deepEqual(theirs[i], [...before.encode(text)], JSON.stringify(text)))
  return true
}

for (const { names, json, normalizer, ignoreMerges } of ggufPretokenizers)
  test(`${names[0]}: the same tokens as before, and as llama.cpp's`, async (t) => {
    const files = filesOf('byteLevel')
    const file = JSON.parse(files['tokenizer.json'])
    const model = { ...file.model, ignore_merges: ignoreMerges }
    const changed = { ...file, normalizer, pre_tokenizer: json, post_processor: null, model }
    const asked = [...texts(250, 11), '<|im_start|>user\nhi<|im_end|>\n', 'a<|im_end|>b <|im_end|> c', 'x'.repeat(60)]
    // llama.cpp normalises nothing.
    const normal = asked.filter((text) => text === text.normalize('NFC'))
    const compared = await check({ ...files, 'tokenizer.json': JSON.stringify(changed) }, names[0], normal)
    if (!compared) t.skip('llama.cpp does not run here')
  })

test('SentencePiece: the same tokens as before, and as llama.cpp', async (t) => {
  const asked = texts(250, 12).filter((text) => text !== '')
  if (!(await check(filesOf('byteFallback'), 'spm', asked))) t.skip('llama.cpp does not run here')
})

test('metadata that contradicts itself or is of another kind is named', async () => {
  const tokens = ['a', 'b', '</s>']
  const sound = new Map<string, string | number | (string | number)[]>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.pre', 'gpt-2'],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', [1, 1, 3]],
    ['tokenizer.ggml.merges', []],
    ['tokenizer.ggml.eos_token_id', 2],
  ])
  assert.equal(tokenizerFromFiles(ggufTokenizerFiles(sound, 'x.gguf')).endId, 2)
  const cases: readonly [string, string | number | (string | number)[] | undefined, RegExp][] = [
    ['model', 'bert', /x\.gguf: 'tokenizer\.ggml\.model': only 'gpt2'/],
    ['pre', 'tekken', /x\.gguf: 'tokenizer\.ggml\.pre': the pre-tokenizer 'tekken' is not known/],
    ['tokens', [1, 2], /'tokenizer\.ggml\.tokens\.0'/],
    ['tokens', undefined, /'tokenizer\.ggml\.tokens'/],
    ['token_type', [1], /'tokenizer\.ggml\.token_type' has 1 entries for 3 tokens/],
    ['scores', [1, 2, 3, 4], /'tokenizer\.ggml\.scores' has 4 entries for 3 tokens/],
    ['merges', ['ab'], /'tokenizer\.ggml\.merges': entry 0, "ab", is no pair/],
    ['eos_token_id', 3, /'tokenizer\.ggml\.eos_token_id' is 3, but there are 3 tokens/],
    ['eot_token_id', 9, /'tokenizer\.ggml\.eot_token_id' is 9, but there are 3 tokens/],
    ['eos_token_id', undefined, /'tokenizer\.ggml\.eos_token_id'/],
  ]
  for (const [key, value, message] of cases) {
    const metadata = new Map(sound)
    if (value === undefined) metadata.delete(`tokenizer.ggml.${key}`)
    else metadata.set(`tokenizer.ggml.${key}`, value)
    assert.throws(() => ggufTokenizerFiles(metadata, 'x.gguf'), { name: 'GuerdonError', message })
  }
})

test('a turn’s end ends an answer where there are turns; a first token stands in front where there are none', () => {
  const metadata = new Map<string, string | number | boolean | (string | number)[]>([
    ['tokenizer.ggml.model', 'gpt2'],
    ['tokenizer.ggml.tokens', ['a', '<s>', '</s>', '<turn>']],
    ['tokenizer.ggml.token_type', [1, 3, 3, 3]],
    ['tokenizer.ggml.bos_token_id', 1],
    ['tokenizer.ggml.eos_token_id', 2],
    ['tokenizer.ggml.eot_token_id', 3],
    ['tokenizer.ggml.add_bos_token', true],
  ])
  const messages = [{ role: 'user', content: 'a' }] as const
  const plain = tokenizerFromFiles(ggufTokenizerFiles(metadata, 'x.gguf'))
  assert.deepEqual([plain.endId, [...plain.encode(plain.render(messages))]], [2, [1, 0]])
  metadata.set('tokenizer.chat_template', '{{ bos_token }}{% for m in messages %}{{ m.content }}<turn>{% endfor %}')
  const chat = tokenizerFromFiles(ggufTokenizerFiles(metadata, 'x.gguf'))
  assert.deepEqual([chat.endId, [...chat.encode(chat.render(messages))]], [3, [1, 0, 3]])
  // Either ends an answer, here and in the file written again.
  for (const each of [plain, chat]) {
    assert.deepEqual(each.otherEndIds, [5 - each.endId])
    const fields = ggufTokenizerFields(each.files(), 4)
    const ends = ['eos', 'eot'].map((end) => fields[`tokenizer.ggml.${end}_token_id`]?.value)
    assert.deepEqual(ends, [2, 3])
  }
})

test('a tokenizer that llama.cpp has no kind for is refused, and why', async () => {
  const { encode: _, ...byteLevel } = await loadTokenizer(join(vectors, 'byteLevel'))
  const files = byteLevel.files()
  const file = JSON.parse(files['tokenizer.json'])
  const refused = (change: object, rows: number, message: RegExp) =>
    assert.throws(
      () => ggufTokenizerFields({ ...files, 'tokenizer.json': JSON.stringify({ ...file, ...change }) }, rows),
      { name: 'GuerdonError', message },
    )
  refused({ pre_tokenizer: { type: 'Whitespace' } }, 400, /its pre-tokenizer is none that llama\.cpp knows by name/)
  refused({ model: { ...file.model, type: 'Unigram' } }, 400, /'model\.type': only BPE can be written/)
  refused({}, 300, /has id 3\d\d, but the model 300 rows/)
  const letters = { ...file.model, vocab: { a: 0, é: 1 }, merges: [] }
  refused({ pre_tokenizer: null, model: letters }, 400, /the token "é" is more than one byte/)
})
