import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { random } from '../../src/data/random.ts'
import { readRollouts } from '../../src/runs/rolloutLog.ts'
import { tempFolder } from '../runs/tempFolder.ts'
import { resumablePreference } from './resumablePreference.ts'
import { lasting } from './resumableRun.ts'

test('however it is broken off, a resumed run ends as an unbroken one', {
  skip: process.platform === 'win32' && 'no SIGKILL',
}, async (t) => {
  const folder = tempFolder(t)
  const unbroken = join(folder, 'unbroken')
  const result = await resumablePreference(unbroken)
  const expected = lasting(unbroken)
  assert.equal(result.step, 7)
  assert.ok(expected['metrics.jsonl'].includes('"imitator/loss"') && expected['metrics.jsonl'].includes('"shift"'))
  assert.ok(existsSync(result.report ?? ''))
  const lines = await Array.fromAsync(readRollouts(unbroken))
  assert.deepEqual([...new Set(lines.map(({ step }) => step))], [0, 3, 6, 7])
  const { advantages, tokens } = lines[0].completions[0]
  assert.equal(advantages.length, tokens.length)

  await t.test('stopped by a signal', async () => {
    const broken = join(folder, 'stopped')
    for (const at of [3, 6]) {
      const stop = new AbortController()
      const part = await resumablePreference(broken, {
        resume: true,
        signal: stop.signal,
        onStep: ({ step }) => step === at && stop.abort(),
      })
      assert.deepEqual([part.step, part.stopped], [at, 'aborted'])
    }
    const rest = await resumablePreference(broken, { resume: true })
    assert.deepEqual([rest.accuracyBefore, rest.accuracyAfter], [result.accuracyBefore, result.accuracyAfter])
    agrees(lasting(broken), expected)
  })

  await t.test('stopped before it began', async () => {
    const broken = join(folder, 'early')
    const none = await resumablePreference(broken, { signal: AbortSignal.abort() })
    assert.deepEqual([none.step, none.stopped], [0, 'aborted'])
    await resumablePreference(broken, { resume: true })
    agrees(lasting(broken), expected)
  })

  await t.test('killed', async () => {
    const broken = join(folder, 'killed')
    const dice = random('kills')
    for (const at of [1, 4]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'resumablePreference.ts'), broken], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exit = once(child, 'exit')
      for await (const line of createInterface(child.stdout)) if (line === `step ${at}`) break
      await setTimeout(dice.int(0, 60))
      child.kill('SIGKILL')
      const [, signal] = await exit
      assert.equal(signal, 'SIGKILL', `the process ended before it was killed after step ${at}`)
    }
    await resumablePreference(broken, { resume: true })
    agrees(lasting(broken), expected)
  })
})

function agrees(found: Record<string, string>, expected: Record<string, string>): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort())
  for (const [name, content] of Object.entries(expected)) assert.ok(found[name] === content, `${name} differs`)
}
