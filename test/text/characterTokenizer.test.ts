import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { GuerdonError } from '../../src/data/error.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { tokenizerFromFiles } from '../../src/text/huggingFaceTokenizer.ts'

const folder = join(import.meta.dirname, 'vectors', 'characters')
const alphabet = '0123456789+-=<>aeobcpsdü \n日😀'

test('the files are those that Python was tried with, and the ids are the ones it gave', async () => {
  const tokenizer = characterTokenizer(alphabet)
  for (const [name, text] of Object.entries(tokenizer.files())) {
    assert.equal(text, await readFile(join(folder, name), 'utf8'), name)
  }
  const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8'))
  assert.equal(tokenizer.vocabularySize, expected.vocabularySize)
  assert.equal(tokenizer.endId, expected.endId)
  for (const { text, ids, decoded } of expected.texts) {
    assert.deepEqual([...tokenizer.encode(text)], ids, text)
    assert.equal(tokenizer.decode(ids), decoded)
  }
})

test('ids are <pad>, <eos>, then the alphabet in order', () => {
  const tokenizer = characterTokenizer('ba')
  assert.deepEqual([...tokenizer.encode('<pad><eos>ba')], [0, 1, 2, 3])
  assert.deepEqual([tokenizer.padId, tokenizer.endId, tokenizer.vocabularySize], [0, 1, 4])
  assert.equal(tokenizer.decode([0, 2, 1, 3, 99]), 'ba')
  assert.equal(
    tokenizer.render([
      { role: 'user', content: 'a' },
      { role: 'assistant', content: 'b' },
    ]),
    'ab',
  )
})

test('equal to the library reading its files, on any text of any alphabet', () => {
  const character = fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })
  const characters = fc.uniqueArray(fc.oneof(character, fc.constantFrom(...'<eopads>\n\t\r \u00a0\u200b')), {
    minLength: 1,
    maxLength: 30,
  })
  fc.assert(
    fc.property(
      characters.chain((list) =>
        fc.tuple(
          fc.constant(list.join('')),
          fc.array(fc.oneof(fc.constantFrom(...list), fc.constantFrom('<eos>', '<pad>')), { maxLength: 40 }),
        ),
      ),
      ([alphabet, pieces]) => {
        const text = pieces.join('')
        const tokenizer = characterTokenizer(alphabet)
        const library = tokenizerFromFiles(tokenizer.files())
        const ids = tokenizer.encode(text)
        assert.deepEqual(ids, library.encode(text))
        assert.equal(tokenizer.decode(ids), library.decode(ids))
        assert.equal(tokenizer.decode(ids), text.replaceAll(/<eos>|<pad>/g, ''))
        assert.deepEqual([library.endId, library.padId, library.vocabularySize], [1, 0, tokenizer.vocabularySize])
      },
    ),
    { seed: 4, numRuns: 300 },
  )
})

test('a character outside the alphabet is named with its position', () => {
  const tokenizer = characterTokenizer('01+=')
  for (const [text, message] of [
    ['1+1=2', 'the character "2" at position 4 is not in the alphabet'],
    ['😀', 'the character "😀" at position 0 is not in the alphabet'],
    ['1<', 'the character "<" at position 1 is not in the alphabet'],
    ['1\ud800', 'the character "\\ud800" at position 1 is not in the alphabet'],
  ]) {
    assert.throws(
      () => tokenizer.encode(text),
      (thrown) => {
        assert.ok(thrown instanceof GuerdonError)
        assert.ok(thrown.message.startsWith(message), thrown.message)
        return true
      },
    )
  }
})

test('an alphabet must have characters, each whole and once', () => {
  assert.throws(() => characterTokenizer(''), /the alphabet is empty/)
  assert.throws(() => characterTokenizer('aba'), /the alphabet has the character "a" twice/)
  assert.throws(() => characterTokenizer('a\udc00'), /the alphabet has half a character/)
})
