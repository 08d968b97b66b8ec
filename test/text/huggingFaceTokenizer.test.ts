import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import type { Message } from '../../src/data/message.ts'
import { loadTokenizer, type TokenizerFiles, tokenizerFromFiles } from '../../src/text/huggingFaceTokenizer.ts'
import { checkVocabularyFits } from '../../src/text/vocabularyFit.ts'

interface Expected {
  readonly vocabularySize: number
  readonly endId: number
  readonly texts: readonly { readonly text: string; readonly ids: number[]; readonly decoded: string }[]
  readonly parts: readonly { readonly ids: number[]; readonly decoded: string }[]
  readonly chats: readonly { readonly messages: readonly Message[]; readonly rendered: string | null }[]
}

const vectors = join(import.meta.dirname, 'vectors')

for (const name of ['byteLevel', 'byteFallback', 'characters']) {
  test(`${name}: ids, texts and conversations are those of the Python library`, async () => {
    const expected: Expected = JSON.parse(await readFile(join(vectors, name, 'expected.json'), 'utf8'))
    const tokenizer = await loadTokenizer(join(vectors, name))
    assert.equal(tokenizer.vocabularySize, expected.vocabularySize)
    assert.equal(tokenizer.endId, expected.endId)
    for (const { text, ids, decoded } of expected.texts) {
      assert.deepEqual([...tokenizer.encode(text)], ids, text)
      assert.equal(tokenizer.decode(ids), decoded)
      assert.equal(tokenizer.decode(Int32Array.from(ids)), decoded)
    }
    for (const { ids, decoded } of expected.parts) {
      // Of a character cut in two, Python's byte fallback gives up the whole run of bytes; ours only the cut one.
      if (name === 'byteFallback' && decoded.includes('\uFFFD')) continue
      assert.equal(tokenizer.decode(ids), decoded)
    }
    for (const { messages, rendered } of expected.chats) {
      if (rendered === null) assert.throws(() => tokenizer.render(messages), GuerdonError)
      else assert.equal(tokenizer.render(messages), rendered)
    }
  })
}

async function byteLevelFiles(): Promise<Record<string, string>> {
  return { ...(await loadTokenizer(join(vectors, 'byteLevel'))).files() }
}

test('files gives back what was read, and the empty text is no tokens', async () => {
  const tokenizer = await loadTokenizer(join(vectors, 'byteLevel'))
  const files = tokenizer.files()
  assert.deepEqual(Object.keys(files), ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja'])
  assert.equal(files['tokenizer.json'], await readFile(join(vectors, 'byteLevel', 'tokenizer.json'), 'utf8'))
  assert.deepEqual(tokenizer.encode(''), new Int32Array(0))
  assert.equal(tokenizer.decode([]), '')
})

test('ids that a padded output layer has beyond the vocabulary have no text', async () => {
  const tokenizer = await loadTokenizer(join(vectors, 'byteLevel'))
  assert.equal(tokenizer.decode([...tokenizer.encode('ok'), 5000, tokenizer.vocabularySize]), 'ok')
})

test('the pad token is the configured one, else the end token', async () => {
  const [byteLevel, byteFallback] = await Promise.all(
    ['byteLevel', 'byteFallback'].map((name) => loadTokenizer(join(vectors, name))),
  )
  assert.equal(byteLevel.padId, byteLevel.encode('<|endoftext|>')[0])
  assert.equal(byteFallback.padId, byteFallback.endId)
})

test('generation_config.json may name more tokens that end an answer; it is kept', async () => {
  const files = await byteLevelFiles()
  const { endId } = tokenizerFromFiles(files)
  const withEnds = (ends: unknown) =>
    tokenizerFromFiles({ ...files, 'generation_config.json': JSON.stringify({ eos_token_id: ends }) })
  assert.deepEqual(
    withEnds([360, endId, 361]).otherEndIds,
    [360, 361].filter((id) => id !== endId),
  )
  for (const ends of [endId, [endId], null]) assert.equal(withEnds(ends).otherEndIds, undefined)
  assert.match(withEnds([360, 361]).files()['generation_config.json'] ?? '', /360,361/)
  assert.throws(() => withEnds('x'), { name: 'GuerdonError', message: /generation_config\.json: / })
})

test('a template may stand in the configuration, alone or under a name; without one texts are joined', async () => {
  const { 'chat_template.jinja': template, ...files } = await byteLevelFiles()
  const conversation: Message[] = [
    { role: 'user', content: 'a' },
    { role: 'user', content: [{ type: 'text', text: 'b' }] },
  ]
  const withTemplate = (chat_template: unknown) =>
    tokenizerFromFiles({
      ...files,
      'tokenizer_config.json': JSON.stringify({ ...JSON.parse(files['tokenizer_config.json']), chat_template }),
    }).render(conversation)
  const wanted = tokenizerFromFiles({ ...files, 'chat_template.jinja': template }).render(conversation)
  assert.equal(withTemplate(template), wanted)
  assert.equal(
    withTemplate([
      { name: 'tool_use', template: 'x' },
      { name: 'default', template },
    ]),
    wanted,
  )
  assert.equal(withTemplate(undefined), 'ab')
})

test('a template that asks for today’s date gets its own fixed one, so that runs repeat', async () => {
  const files = await byteLevelFiles()
  const template = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% else %}26 Jul 2024{% endif %}"
  const rendered = (source: string) => tokenizerFromFiles({ ...files, 'chat_template.jinja': source }).render([])
  assert.equal(rendered(template), '26 Jul 2024')
  // Blocks and newlines at the very start keep their meaning: trim_blocks and lstrip_blocks as in Transformers.
  assert.equal(rendered(`  ${template}\n x`), '26 Jul 2024 x')
  assert.equal(rendered(`\n${template}`), '\n26 Jul 2024')
})

test('missing and corrupt files are GuerdonErrors that name the file', async () => {
  const files = await byteLevelFiles()
  const json = JSON.parse(files['tokenizer.json'])
  const config = JSON.parse(files['tokenizer_config.json'])
  const cases: [TokenizerFiles, RegExp][] = [
    [{}, /^m\/tokenizer\.json: there is no such file/],
    [{ ...files, 'tokenizer.json': files['tokenizer.json'].slice(0, 1000) }, /^m\/tokenizer\.json: not JSON/],
    [{ ...files, 'tokenizer.json': '{"model":{}}' }, /^m\/tokenizer\.json: not a tokenizer's file: .*vocab/],
    [{ ...files, 'tokenizer.json': '[]' }, /^m\/tokenizer\.json: not a tokenizer's file/],
    [
      { ...files, 'tokenizer.json': JSON.stringify({ ...json, model: { type: 'WordLevel', vocab: { a: 0 } } }) },
      /^m\/tokenizer\.json: not a tokenizer's file: .*model\.type/,
    ],
    [
      { ...files, 'tokenizer_config.json': '{"eos_token": 7}' },
      /^m\/tokenizer_config\.json: not a tokenizer's file: .*eos_token/,
    ],
    [{ 'tokenizer.json': files['tokenizer.json'] }, /^m\/tokenizer_config\.json: no eos_token is given/],
    [
      { ...files, 'tokenizer_config.json': JSON.stringify({ ...config, eos_token: '</nowhere>' }) },
      /^m\/tokenizer_config\.json: eos_token "<\/nowhere>" is not in the vocabulary/,
    ],
    [{ ...files, 'chat_template.jinja': '{% for x in %}' }, /^m\/chat_template\.jinja: the chat template is not valid/],
  ]
  for (const [broken, message] of cases) {
    assert.throws(
      () => tokenizerFromFiles(broken, 'm'),
      (thrown) => {
        assert.ok(thrown instanceof GuerdonError, String(thrown))
        assert.match(thrown.message, message)
        return true
      },
      String(message),
    )
  }
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-tokenizer-'))
  await assert.rejects(loadTokenizer(folder), /tokenizer\.json: there is no such file/)
  await assert.rejects(loadTokenizer(join(folder, 'absent')), /absent\/tokenizer\.json: there is no such file/)
  await writeFile(join(folder, 'file'), '')
  await assert.rejects(loadTokenizer(join(folder, 'file')), GuerdonError)
  await rm(folder, { recursive: true })
})

test('an answer begun is gone on with only if the template shows it', async () => {
  const files = { ...(await byteLevelFiles()), 'chat_template.jinja': '{{ messages[0].content }}:' }
  const conversation: Message[] = [
    { role: 'user', content: 'q' },
    { role: 'assistant', content: 'begun' },
  ]
  assert.throws(
    () => tokenizerFromFiles(files, 'm').render(conversation),
    /leaves out the last message of the assistant/,
  )
})

test('a tokenizer must not know more tokens than the model', async () => {
  const tokenizer = await loadTokenizer(join(vectors, 'byteLevel'))
  checkVocabularyFits(tokenizer, tokenizer.vocabularySize)
  checkVocabularyFits(tokenizer, tokenizer.vocabularySize + 100)
  assert.throws(
    () => checkVocabularyFits(tokenizer, tokenizer.vocabularySize - 1, 'model.safetensors'),
    /^GuerdonError: model\.safetensors: the tokenizer has 363 tokens, but the model knows only 362/,
  )
})

test('a vocabulary of 300 000 tokens with holes loads', () => {
  const vocab = Object.fromEntries(Array.from({ length: 300_000 }, (_, i) => [`t${i}`, 2 * i]))
  const tokenizer = tokenizerFromFiles({
    'tokenizer.json': JSON.stringify({ model: { type: 'BPE', vocab: { ...vocab, a: 1, '<e>': 3 }, merges: [] } }),
    'tokenizer_config.json': '{"eos_token": {"content": "<e>", "lstrip": false}}',
  })
  assert.equal(tokenizer.vocabularySize, 599_999)
  assert.deepEqual([...tokenizer.encode('aa')], [1, 1])
  assert.equal(tokenizer.endId, 3)
})
