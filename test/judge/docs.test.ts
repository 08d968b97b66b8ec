/** The examples of docs/judges.md run, one after the other, against a scripted server. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { scriptedServer } from './scriptedServer.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const page = readFileSync(join(root, 'docs/judges.md'), 'utf8')

test('the examples of the page on judges run', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-judge-docs-'))
  // The judge thinks little of politeness and prefers whatever comes first.
  await using server = await scriptedServer(({ messages }) =>
    String(messages[0].content).includes('polite') ? 'My verdict: {"score": 1}' : '"A"',
  )
  const examples = Array.from(page.matchAll(/```ts\n(.*?)```/gs), ([, code]) => code)
  const code = [...examples, 'console.log(JSON.stringify(verdict))']
  code.push(`console.log(JSON.stringify(await upper.ask({ messages: [{ role: 'user', content: 'HELP' }] })))`)
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--conditions=guerdon-source',
      '--input-type=module-typescript',
      '--eval',
      code
        .join('\n')
        .replace('http://127.0.0.1:8000/v1', server.baseURL)
        .replace("'judge-cache'", JSON.stringify(folder)),
    ],
    { cwd: root },
  )
  await rm(folder, { recursive: true })
  const [score, verdict, shouting] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.equal(score, 1)
  assert.deepEqual(verdict.value, { winner: 'tie', agreed: false, preference: 0.5, positionBias: 0.5 })
  assert.equal(shouting.value, '{"shouting": true}')
})
