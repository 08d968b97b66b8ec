import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { guerdon, main, tempFolder } from './cli.ts'

const root = join(import.meta.dirname, '..', '..')

test('the version is that of package.json', async (t) => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const { code, stdout } = await guerdon(tempFolder(t), '--version')
  assert.deepEqual([code, stdout], [0, `${version}\n`])
})

test('help lists every command, and every command has help with examples', async (t) => {
  const folder = tempFolder(t)
  const bare = await guerdon(folder)
  assert.equal(bare.code, 0)
  const names = [...bare.stdout.matchAll(/^ {2}([a-z]+) {2,}\S/gm)].map(([, name]) => name)
  const ours = ['train', 'eval', 'sample', 'score', 'recipe']
  assert.deepEqual(
    names.filter((name) => ours.includes(name)),
    ours,
  )
  const helps = await Promise.all(ours.map((name) => guerdon(folder, name, '-h')))
  for (const [i, { code, stdout, stderr }] of helps.entries()) {
    assert.deepEqual([code, stderr], [0, ''])
    const [, examples] = stdout.split('Examples:')
    const count = [...examples.matchAll(new RegExp(`^ {2}guerdon ${ours[i]} `, 'gm'))].length
    assert.ok(count >= 2, `${ours[i]} has ${count} examples`)
  }
})

test('a mistyped command or flag is told the nearest one; the exit code is 2 and stdout is empty', async (t) => {
  const folder = tempFolder(t)
  const [command, flag, number] = await Promise.all([
    guerdon(folder, 'trian', 'x.yaml'),
    guerdon(folder, 'score', 'x.jsonl', '--rewrd', 'numericMatch'),
    guerdon(folder, 'train', 'x.yaml', '--steps', 'many'),
  ])
  assert.match(command.stderr, /Did you mean train\?/)
  assert.match(flag.stderr, /Did you mean --reward\?/)
  assert.match(number.stderr, /--steps.*'many'.*[Ww]hole number/)
  for (const { code, stdout } of [command, flag, number]) assert.deepEqual([code, stdout], [2, ''])
})

test('the entry names its interpreter, so that what is built of it can be run', () => {
  assert.match(readFileSync(main, 'utf8'), /^#!\/usr\/bin\/env node\n/)
})
