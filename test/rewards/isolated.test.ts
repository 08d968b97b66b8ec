import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import type { Score } from '../../src/data/score.ts'
import { isolated } from '../../src/rewards/isolated.ts'
import { scoreAll } from '../../src/rewards/scoreAll.ts'
import { weigh } from '../../src/rewards/weigh.ts'
import { sample, valuesOf } from './samples.ts'

const fixture = (name: string) => new URL(`./fixtures/${name}.ts`, import.meta.url)

/** Long for a worker that answers, short for one that never will. */
const deadlineMs = 500

function brief(score: Score): string {
  return score.kind === 'scored' ? String(score.value) : `${score.at}: ${score.reason}`
}

test('every way to answer or not to answer is told apart, and the others live on', async () => {
  await using reward = await isolated(fixture('behaviours'), { workers: 2, deadlineMs, memoryMb: 64 })
  const expected: [string, string][] = [
    ['sync', '1'],
    ['loop', 'deadline: behaviours: no answer within 500 ms'],
    ['async', '1'],
    ['throw', 'reward: behaviours threw: boom'],
    ['hang', 'deadline: behaviours: no answer within 500 ms'],
    ['exit', 'sandbox: behaviours: the worker exited with code 3'],
    ['crash', 'sandbox: behaviours: the worker crashed: outside of any promise'],
    ['nan', 'reward: behaviours returned the value NaN, which is not a finite number'],
    ['count', 'reward: behaviours returned 0 scores for 1 samples'],
    ['unscored', 'judge: busy'],
    ['noise', '1'],
    ['uncloneable', 'reward: behaviours threw: () => 1 could not be cloned.'],
  ]
  const samples = expected.map(([text]) => sample(text))
  const scores = await reward.score(samples)
  assert.deepEqual(
    scores.map(brief),
    expected.map(([, answer]) => answer),
  )
  assert.deepEqual(scores[0], { kind: 'scored', value: 1, feedback: 'sync', tokens: new Float32Array([0.5]) })
  assert.deepEqual((await reward.score([sample('sync'), sample('async')])).map(brief), ['1', '1'])
  assert.deepEqual([reward.name, reward.range, reward.concurrency], ['behaviours', [0, 1], 2])
})

test('of a hundred answers that share messages those that loop, exit or throw are lost alone', async () => {
  await using reward = await isolated(fixture('behaviours'), { workers: 2, deadlineMs: 200 })
  const odd = new Map([
    [3, 'loop'],
    [4, 'exit'],
    [40, 'throw'],
    [41, 'loop'],
    [77, 'uncloneable'],
    [99, 'hang'],
  ])
  const texts = Array.from({ length: 100 }, (_, i) => odd.get(i) ?? 'sync')
  // Asked one by one, as rows of a file are.
  const scores = (await Promise.all(texts.map((text) => reward.score([sample(text)])))).flat()
  for (const [i, score] of scores.entries()) {
    if (odd.has(i)) assert.equal(score.kind, 'unscored', texts[i])
    else assert.equal(brief(score), '1', `answer ${i}`)
  }
  assert.equal(brief(scores[41]), 'deadline: behaviours: no answer within 200 ms')
})

test('an aborted call is answered at once and costs no call that shares its message', async () => {
  await using reward = await isolated(fixture('behaviours'), { workers: 1, deadlineMs: 60_000 })
  const [first, second] = [new AbortController(), new AbortController()]
  const asked = [
    reward.score([sample('sync')]),
    reward.score([sample('loop')], first.signal),
    reward.score([sample('loop')], second.signal),
    reward.score([sample('async')]),
  ]
  second.abort(new Error('not wanted'))
  assert.deepEqual((await asked[2]).map(brief), ['deadline: behaviours: not wanted'])
  setTimeout(() => first.abort(new Error('too long')), 300)
  assert.deepEqual((await asked[1]).map(brief), ['deadline: behaviours: too long'])
  assert.deepEqual((await Promise.all([asked[0], asked[3]])).flat().map(brief), ['1', '1'])
})

test('a worker that wants too much memory is lost alone', async () => {
  await using reward = await isolated(fixture('behaviours'), { workers: 1, deadlineMs: 20_000, memoryMb: 64 })
  const scores = await reward.score([sample('memory'), sample('sync')])
  assert.match(brief(scores[0]), /^sandbox: behaviours: the worker crashed: .*memory/)
  assert.equal(brief(scores[1]), '1')
})

test('a listwise reward gets each prompt whole, and a killed prompt costs no other', async () => {
  await using reward = await isolated(fixture('behaviours'), { exportName: 'rank', workers: 1, deadlineMs })
  const samples = [sample('a', 1, 'p'), sample('loop', 1, 'q'), sample('b', 1, 'p'), sample('c', 1, 'q')]
  assert.equal(reward.listwise, true)
  assert.deepEqual(valuesOf(await reward.score(samples)), [0, null, 0.5, null])
})

test('a reward that throws before its promise is Unscored too', async () => {
  await using reward = await isolated(fixture('behaviours'), { exportName: 'thrower', workers: 1, deadlineMs })
  assert.deepEqual((await reward.score([sample('a')])).map(brief), ['reward: thrower threw: at once'])
})

test('it works under scoreAll and inside combinators, whose deadline kills as well', async () => {
  await using reward = await isolated(fixture('behaviours'), { workers: 2, deadlineMs: 60_000 })
  const samples = [sample('sync'), sample('loop'), sample('async')]
  const scores = await scoreAll(weigh({ inner: [2, reward] }), samples, { deadlineMs })
  assert.deepEqual(valuesOf(scores), [2, null, 2])
  assert.equal(brief(scores[1]), 'deadline: inner: behaviours: no answer within 500 ms')
  assert.deepEqual(valuesOf(await reward.score([sample('sync')])), [1])
})

test('a closed pool answers that it is closed', async () => {
  const reward = await isolated(fixture('behaviours'), { workers: 1, deadlineMs })
  const pending = reward.score([sample('hang'), sample('sync')])
  await reward.close()
  const closed = 'sandbox: behaviours: the worker pool is closed'
  assert.deepEqual((await pending).map(brief), [closed, closed])
  assert.deepEqual((await reward.score([sample('sync')])).map(brief), [closed])
})

test('a module that is missing, throws, loops or exports no reward is an error that names the file', async () => {
  const refused = async (module: string | URL, exportName: string, what: RegExp, name: RegExp, startMs = 30_000) => {
    await assert.rejects(isolated(module, { exportName, workers: 1, startMs }), (error) => {
      assert.ok(error instanceof GuerdonError)
      assert.match(error.message, what)
      assert.match(error.where ?? '', name)
      return true
    })
  }
  await refused('nowhere/reward.ts', 'default', /there is no such file/, /nowhere.reward\.ts$/)
  await refused(fixture('throws'), 'default', /could not start: at the top/, /throws\.ts$/)
  await refused(fixture('loops'), 'default', /did not start within 1000 ms/, /loops\.ts$/, 1_000)
  await refused(fixture('behaviours'), 'missing', /the export 'missing' is no reward/, /behaviours\.ts$/)
  await refused(fixture('behaviours'), 'notAReward', /the export 'notAReward' is no reward/, /behaviours\.ts$/)
})

test('the same holds for built JavaScript, and idle workers do not keep a process alive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-built-'))
  try {
    // What tsc does to these files: types away, './x.ts' into './x.js'.
    for (const room of ['data', 'rewards', 'sandbox']) {
      const source = new URL(`../../src/${room}/`, import.meta.url)
      cpSync(source, join(folder, room), { recursive: true, filter: (path) => !path.endsWith('.ts') })
      for (const file of readdirSync(source).filter((name) => name.endsWith('.ts'))) {
        const code = stripTypeScriptTypes(readFileSync(new URL(file, source), 'utf8'))
        writeFileSync(join(folder, room, file.replace(/\.ts$/, '.js')), code.replace(/(from '\.[^']+)\.ts'/g, "$1.js'"))
      }
    }
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    writeFileSync(
      join(folder, 'reward.js'),
      `import { defineReward } from './rewards/reward.js'
       export default defineReward('half', () => 0.5)`,
    )
    writeFileSync(
      join(folder, 'main.js'),
      `import { isolated } from './rewards/isolated.js'
       const reward = await isolated('reward.js', { workers: 1 })
       const prompt = { id: 'p', messages: [] }
       const scores = await reward.score([{ prompt, completion: { text: '', finish: 'stop' } }])
       console.log(JSON.stringify(scores))`,
    )
    // Nobody closes the pool: the process must end all the same, or this call runs into its timeout.
    const printed = execFileSync(process.execPath, ['main.js'], { cwd: folder, encoding: 'utf8', timeout: 20_000 })
    assert.equal(printed, '[{"kind":"scored","value":0.5}]\n')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
