import assert from 'node:assert/strict'
import { test } from 'node:test'
import { textOf, userPrompt } from '../../src/data/message.ts'
import { stringEditing } from '../../src/tasks/stringEditing.ts'
import { judge } from './judge.ts'

/** The edits once more, letter by letter. */
function edited(text: string): string {
  const [edit, ...rest] = text.replace(/:$/, '').split(' ')
  const word = rest.at(-1) ?? ''
  let result = ''
  for (let i = 0; i < word.length; i++) {
    if (edit === 'reverse') result = word[i] + result
    else if (edit === 'rotate') result += word[(i + Number(rest[0])) % word.length]
    else if (word[i] !== rest[0]) result += word[i]
    else if (edit === 'replace') result += rest[1]
  }
  return result
}

test('references are the edits of the words, and each edit is drawn', () => {
  const seen = new Set<unknown>()
  for (const prompt of stringEditing({ length: [2, 10] })
    .prompts(1)
    .take(1000)) {
    assert.equal(prompt.reference, edited(textOf(prompt.messages[0].content)))
    assert.notEqual(prompt.reference, '')
    seen.add(prompt.meta?.edit)
  }
  assert.deepEqual([...seen].sort(), ['delete', 'replace', 'reverse', 'rotate'])
})

test('the whole word counts; letters in their places are a part', async () => {
  const prompt = userPrompt('p', 'reverse abcd:', 'dcba')
  const cases: [string, number, number, number][] = [
    ['dcba', 1, 1, 1],
    [' dcba ', 1, 1, 1],
    ['dcab', 0, 1, 0.5],
    ['dcbaaaaa', 0, 1, 0.5],
    ['it is dcba', 0, 0, 0],
    ['', 0, 0, 0],
  ]
  for (const [text, answer, format, characters] of cases) {
    assert.deepEqual((await judge(stringEditing(), prompt, text)).parts, { answer, format, characters }, text)
  }
})
