import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { nano } from '../../src/policy/local/local.ts'
import { addition } from '../../src/tasks/addition.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { type WarmUpOptions, warmUp } from '../../src/train/warmUp.ts'

const task = addition({ digits: 1 })

/** Warms a fresh policy up and gives its weights, the losses of the steps made, and how many are made in all. */
async function warmed(folder: string, more: Partial<WarmUpOptions> = {}) {
  const policy = nano('0.2M', characterTokenizer(task.alphabet), { seed: 1, context: 16 })
  const losses: [step: number, loss: number][] = []
  const { steps: made, finished } = await warmUp({
    ...{ policy, task, steps: 6, batch: 4, seed: 2, folder },
    ...more,
    onStep(progress) {
      losses.push([progress.step, progress.metrics.loss])
      more.onStep?.(progress)
    },
  })
  const weights = policy.weights().slice()
  await policy.close()
  return { made, finished, losses, weights }
}

test('stopped in the middle and taken up again, the warm-up ends with the very same policy', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'guerdon-warmup-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const whole = await warmed(join(root, 'whole'))
  assert.equal(whole.made, 6)
  assert.ok(whole.losses[5][1] < whole.losses[0][1], 'it learns')

  const folder = join(root, 'broken')
  const controller = new AbortController()
  const onStep = ({ step }: { step: number }) => step === 2 && controller.abort()
  const first = await warmed(folder, { signal: controller.signal, onStep })
  assert.deepEqual([first.made, first.finished], [2, false])
  await assert.rejects(warmed(folder), /there is a run in this folder already/)
  const second = await warmed(folder, { resume: true })
  assert.deepEqual([second.made, second.finished], [6, true])
  assert.deepEqual([...first.losses, ...second.losses], whole.losses)
  assert.deepEqual(second.weights, whole.weights)

  const again = await warmed(folder, { resume: true })
  assert.deepEqual([again.losses.length, again.weights], [0, whole.weights])
})

test('a task without demonstrations is refused', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-warmup-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const { demonstration: _, ...silent } = task
  await assert.rejects(warmed(folder, { task: silent }), /the task addition has no demonstrations/)
})

test('a goal ends the warm-up at the look that finds it reached, also when it is taken up again', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'guerdon-warmup-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const prompts = task.prompts('watched').take(20).toArray()
  const goal = (accuracy: number) => ({ until: { accuracy, prompts, maxTokens: 4, every: 2 } })
  const easy = await warmed(join(root, 'easy'), goal(0))
  assert.deepEqual([easy.made, easy.finished], [2, true])
  const again = await warmed(join(root, 'easy'), { resume: true, ...goal(0) })
  assert.deepEqual([again.made, again.losses.length, again.weights], [2, 0, easy.weights])
  const hard = await warmed(join(root, 'hard'), goal(1.1))
  assert.deepEqual([hard.made, hard.finished], [6, true])
  const whole = await warmed(join(root, 'whole'))
  assert.deepEqual(hard.weights, whole.weights, 'looking changes nothing')
})
