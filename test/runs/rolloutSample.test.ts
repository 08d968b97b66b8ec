import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openRolloutLog, rolloutLine } from '../../src/runs/rolloutLog.ts'
import { rolloutSample } from '../../src/runs/rolloutSample.ts'
import { sampleGroup, tokenText } from './sampleRun.ts'
import { tempFolder } from './tempFolder.ts'

/** The groups shown of a run of so many steps, groups a step, completions a group and tokens a completion. */
async function sampleOf(folder: string, steps: number, groups: number, size: number, length: number) {
  const log = await openRolloutLog(folder, -1)
  for (let step = 1; step <= steps; step++) {
    for (let g = 0; g < groups; g++) {
      const { group, advantages } = sampleGroup(step, g, size, length)
      await log.append(rolloutLine(step, g, group, advantages, tokenText))
    }
  }
  await log.close()
  const sample = await rolloutSample(folder)
  const completions = sample.groups.flatMap((group) => group.completions)
  return { ...sample, completions, tokens: completions.reduce((sum, { tokens }) => sum + tokens.length, 0) }
}

test('a small run is shown whole', async (t) => {
  const { groups, kept, completions } = await sampleOf(tempFolder(t), 5, 3, 4, 8)
  assert.equal(kept, 15)
  assert.deepEqual(groups.map(({ step, group }) => [step, group]).slice(0, 4), [
    [1, 0],
    [1, 1],
    [1, 2],
    [2, 0],
  ])
  assert.equal(groups.length, 15)
  assert.equal(completions.length, 60)
})

test('of a longer one, two groups of evenly spaced steps, the first and the last among them', async (t) => {
  const { groups, kept, completions } = await sampleOf(tempFolder(t), 100, 3, 8, 6)
  const steps = [...new Set(groups.map(({ step }) => step))]
  assert.equal(kept, 300)
  assert.ok(completions.length <= 200 && completions.length > 180)
  assert.equal(groups.length, 2 * steps.length)
  assert.deepEqual([steps[0], steps.at(-1)], [1, 100])
  const gaps = steps.slice(1).map((step, i) => step - steps[i])
  assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1, `gaps ${gaps}`)
})

test('long answers count by their tokens', async (t) => {
  const { groups, completions, tokens } = await sampleOf(tempFolder(t), 6, 1, 8, 6000)
  assert.ok(tokens <= 150_000, `${tokens} tokens`)
  assert.ok(groups.length >= 2)
  const cut = completions.filter(({ left }) => left > 0)
  assert.ok(cut.length > 0)
  for (const { tokens, advantages, logprobs } of cut)
    assert.deepEqual([tokens.length, advantages.length, logprobs.length], [4000, 4000, 4000])
})

test('a group too large for the page says how many completions it leaves out', async (t) => {
  const { groups } = await sampleOf(tempFolder(t), 1, 1, 300, 4)
  assert.equal(groups[0].completions.length, 16)
  assert.equal(groups[0].left, 284)
})

test('a run without rollouts shows none', async (t) => {
  assert.deepEqual(await rolloutSample(tempFolder(t)), { groups: [], kept: 0 })
})
