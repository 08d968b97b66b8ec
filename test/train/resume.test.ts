import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { grpo } from '../../src/credit/grpo.ts'
import { random } from '../../src/data/random.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import { resolveOptions } from '../../src/train/options.ts'
import { snapshot } from '../../src/train/trainingRun.ts'
import { tempFolder } from '../runs/tempFolder.ts'
import { lasting, resumableRun, runningScale, scaledLength } from './resumableRun.ts'
import { beginsWith, tinyPolicy, tinyTask } from './tiny.ts'

test('however it is broken off, a resumed run ends as an unbroken one', {
  skip: process.platform === 'win32' && 'no SIGKILL',
}, async (t) => {
  const folder = tempFolder(t)
  const unbroken = join(folder, 'unbroken')
  const result = await resumableRun(unbroken)
  assert.equal(result.step, 7)
  const expected = lasting(unbroken)
  for (const file of ['model', 'optimizer'].flatMap((name) => [`policy/${name}`, `critic/${name}`]))
    assert.ok(expected[`checkpoints/step-000007/${file}.safetensors`].length > 100_000, file)
  assert.ok(expected['metrics.jsonl'].includes('"critic/loss"') && expected['metrics.jsonl'].includes('"referenceKl"'))

  await t.test('stopped by a signal', async () => {
    const broken = join(folder, 'stopped')
    for (const at of [3, 6]) {
      const stop = new AbortController()
      const part = await resumableRun(broken, {
        resume: true,
        signal: stop.signal,
        onStep: ({ step }) => step === at && stop.abort(),
      })
      assert.deepEqual([part.step, part.stopped], [at, 'aborted'])
    }
    const rest = await resumableRun(broken, { resume: true })
    assert.deepEqual([rest.accuracyBefore, rest.accuracyAfter], [result.accuracyBefore, result.accuracyAfter])
    assert.deepEqual(
      rest.history.map(({ step }) => step),
      [7, 7],
    )
    agrees(lasting(broken), expected)
  })

  await t.test('killed', async () => {
    const broken = join(folder, 'killed')
    const dice = random('kills')
    for (const at of [1, 4]) {
      const child = spawn(process.execPath, [join(import.meta.dirname, 'resumableRun.ts'), broken], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exit = once(child, 'exit')
      for await (const line of createInterface(child.stdout)) if (line === `step ${at}`) break
      await setTimeout(dice.int(0, 60))
      child.kill('SIGKILL')
      const [, signal] = await exit
      assert.equal(signal, 'SIGKILL', `the process ended before it was killed after step ${at}`)
      assert.equal(existsSync(join(broken, 'checkpoints/step-000007')), false)
    }
    await resumableRun(broken, { resume: true })
    agrees(lasting(broken), expected)
  })

  await t.test('stopped by its reward: the last good step is kept', async () => {
    const broken = join(folder, 'failed')
    let asked = 0
    const failing = defineReward('length', (sample) => {
      // Eight answers a step, beside those to the held-out prompts p0 and p1.
      if (!sample.prompt.id.startsWith('p') && ++asked > 5 * 8) throw new Error('503')
      return scaledLength(sample)
    })
    await assert.rejects(
      resumableRun(broken, { task: tinyTask(failing) }),
      /8 of 8 answers could not be scored, .*\n {2}8 at reward: length threw: 503/,
    )
    assert.deepEqual(readdirSync(join(broken, 'checkpoints')), ['step-000004', 'step-000005'])
    const rest = await resumableRun(broken, { resume: true })
    assert.deepEqual(
      rest.history.map(({ step }) => step),
      [6, 6, 7, 7],
    )
    agrees(lasting(broken), expected)
  })

  await t.test('resumed when it is done already', async () => {
    const again = await resumableRun(unbroken, { resume: true })
    assert.deepEqual([again.step, again.stopped, again.history], [7, 'steps', []])
    assert.equal(again.accuracyAfter, result.accuracyAfter)
    agrees(lasting(unbroken), expected)
  })
})

/** Not assert.deepEqual on the whole: the difference of two models would fill the screen. */
function agrees(found: Record<string, string>, expected: Record<string, string>): void {
  assert.deepEqual(Object.keys(found).sort(), Object.keys(expected).sort())
  for (const [name, content] of Object.entries(expected)) assert.ok(found[name] === content, `${name} differs`)
}

test('two runs in one folder are refused, and so is a second start', async (t) => {
  const folder = join(tempFolder(t), 'run')
  let second: Promise<unknown> | undefined
  await resumableRun(folder, {
    steps: 2,
    onStep: ({ step }) => {
      if (step === 1)
        second = assert.rejects(resumableRun(folder, { resume: true }), /this process has it open already/)
    },
  })
  assert.ok(second)
  await second
  await assert.rejects(resumableRun(folder), /there is a run in it already\n.*resume: true/)
  await assert.rejects(resumableRun(folder, { resume: true, seed: 'other' }), /started with seed resumable, not other/)
})

test('what is changed when a run is resumed is recorded, and another credit starts without a memory', async (t) => {
  const folder = join(tempFolder(t), 'run')
  const stop = new AbortController()
  await resumableRun(folder, { signal: stop.signal, onStep: ({ step }) => step === 2 && stop.abort() })
  const other = {
    ...runningScale(grpo()),
    name: 'other',
    needs: ['values' as const],
    restore: () => assert.fail("given another credit's memory"),
  }
  const task = { ...tinyTask(beginsWith('c')), name: 'another' }
  await resumableRun(folder, { resume: true, steps: 3, credit: other, task, shaping: [] })
  const { resumed } = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'))
  assert.equal(resumed[0].step, 2)
  assert.deepEqual(resumed[0].changed, ['credit', 'reward', 'shaping', 'steps', 'task'])
  await assert.rejects(
    resumableRun(folder, { resume: true, steps: 4, companions: [companionOf('newcomer')] }),
    /newcomer/,
  )
})

function companionOf(name: string) {
  return {
    name,
    gives: [],
    forward: async () => [],
    learn: async () => ({}),
    save: async () => undefined,
    load: async (folder: string) => {
      throw new Error(`nothing in ${folder}`)
    },
  }
}

test('a state that JSON would change is refused when it is saved', () => {
  const policy = tinyPolicy()
  const place = { step: 1, taken: 2, tokens: 3, seconds: 4, accuracies: [{ step: 0, accuracy: 0.5 }] }
  const saved = (state: unknown) => {
    const credit = { ...grpo(), state: () => state }
    const choices = {
      policy,
      task: tinyTask(),
      credit,
      objective: clipped(),
      prompts: 1,
      groupSize: 1,
      steps: 1,
      seed: 1,
    }
    return snapshot(resolveOptions(choices), place)
  }
  assert.deepEqual(saved({ mean: -0.5, seen: ['a', null] }), {
    place,
    credit: { name: 'grpo', state: { mean: -0.5, seen: ['a', null] } },
    shaping: [],
  })
  for (const state of [new Float32Array(2), new Map([['a', 1]]), { mean: Number.NaN }, [undefined], 1n, () => 1])
    assert.throws(() => saved(state), /the state of 'grpo' is more than JSON can hold/)
})
