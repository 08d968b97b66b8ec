/** `guerdon export`, and `guerdon sample` on every kind of model it writes or finds. */
import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { nano } from '../../src/policy/local/local.ts'
import { openModel } from '../../src/policy/local/openModel.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { sameNumbers } from '../sameNumbers.ts'
import { guerdon, jsonOf } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'guerdon-export-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let values = new Float32Array(0)

before(async () => {
  const policy = nano('0.2M', characterTokenizer('0123456789+='), { seed: 3, context: 24 })
  values = policy.weights().slice()
  await policy.save(join(folder, 'model'))
  await policy.close()
  // A run's folder with one checkpoint, and a model in the hub's cache.
  const checkpoint = join(folder, 'run', 'checkpoints', 'step-000001')
  cpSync(join(folder, 'model'), join(checkpoint, 'policy'), { recursive: true })
  writeFileSync(join(checkpoint, 'state.json'), '{}')
  const cached = join(folder, 'hub', 'models--org--tiny')
  const commit = 'b'.repeat(40)
  cpSync(join(folder, 'model'), join(cached, 'snapshots', commit), { recursive: true })
  mkdirSync(join(cached, 'refs'))
  writeFileSync(join(cached, 'refs', 'main'), commit)
  process.env.HF_HUB_CACHE = join(folder, 'hub')
  process.env.HF_HUB_OFFLINE = '1'
})

const answer = async (model: string) => {
  const args = ['--prompt', '1+1=', '--max-tokens', '8', '--temperature', '0', '--json']
  const ended = await guerdon(folder, 'sample', model, ...args)
  assert.equal(ended.code, 0, ended.stderr)
  return jsonOf(ended).completions[0].text
}

test('a run becomes a GGUF file, that a folder; all answer alike, and so does a model of the cache', async () => {
  const written = await guerdon(folder, 'export', 'run', 'out.gguf', '--type', 'f32')
  assert.deepEqual([written.code, written.stdout], [0, 'out.gguf\n'], written.stderr)
  const back = await guerdon(folder, 'export', 'out.gguf', 'back')
  assert.equal(back.code, 0, back.stderr)
  for (const path of ['out.gguf', 'back']) sameNumbers((await openModel(join(folder, path))).values, values)
  const answers = await Promise.all(['model', 'run', 'out.gguf', 'back', 'org/tiny'].map(answer))
  assert.deepEqual(new Set(answers).size, 1, answers.join('\n'))
})

test('--type q8_0 is a quarter of the size and nearly the same model', async () => {
  const { code, stderr } = await guerdon(folder, 'export', 'model', 'small.gguf', '--type', 'q8_0')
  assert.equal(code, 0, stderr)
  const { values: again } = await openModel(join(folder, 'small.gguf'))
  const farthest = again.reduce((far, value, i) => Math.max(far, Math.abs(value - values[i])), 0)
  assert.ok(farthest > 0 && farthest < 5e-3, `weights moved by ${farthest}`)
  assert.ok(statSync(join(folder, 'small.gguf')).size < 0.4 * values.byteLength)
})

test('what cannot be exported is wrong input, and leaves nothing', async () => {
  const cases: readonly [readonly string[], RegExp][] = [
    [['export', 'model', 'x.gguf', '--type', 'q4_0'], /--type: 'q4_0' is not known\n.*f32, f16, bf16, q8_0/],
    [['export', 'model', 'folder', '--type', 'q8_0'], /folder: a folder cannot be written as Q8_0/],
    [['export', 'org/absent', 'x.gguf'], /'org\/absent' is not in the cache/],
    [['export', 'model', 'no/such/folder/x.gguf'], /the folder does not exist/],
  ]
  for (const [args, message] of cases) {
    const { code, stderr } = await guerdon(folder, ...args)
    assert.equal(code, 2, stderr)
    assert.match(stderr, message)
  }
  assert.ok(!existsSync(join(folder, 'x.gguf')))
})
