import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { textOf } from '../../src/data/message.ts'
import {
  addition,
  chainedArithmetic,
  chainSum,
  countdown,
  digitPairs,
  facts,
  multipleChoice,
  needle,
  sorting,
  stringEditing,
  thinkSolve,
} from '../../src/tasks/index.ts'

test('the examples on the page about tasks are what the generators give', async () => {
  const page = await readFile(new URL('../../docs/tasks.md', import.meta.url), 'utf8')
  for (const task of [
    addition(),
    chainedArithmetic(),
    countdown(),
    sorting(),
    stringEditing(),
    multipleChoice(),
    needle(),
    thinkSolve(),
    digitPairs(),
    facts(),
    chainSum(),
  ]) {
    const section = page.split(`\n## ${task.name}\n`)[1]?.split('\n## ')[0] ?? ''
    const examples = [...section.matchAll(/^ {4}(.*)$/gm)].map(([, line]) => line)
    const made = task
      .prompts(1)
      .take(3)
      .map((prompt) => `${textOf(prompt.messages[0].content)} → ${task.demonstration(prompt)}`)
    assert.deepEqual(examples, [...made], task.name)
  }
})
