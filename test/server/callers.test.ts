/**
 * Code of other projects at work with the server, where $GUERDON_PYTHON has it: TRL's GRPOTrainer, and what asks for rewards
 * in OpenRLHF and veRL.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { nano } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { start } from './start.ts'

const run = promisify(execFile)
const command = process.env.GUERDON_PYTHON ?? 'python3'
const lacking = (code: string, name: string) =>
  run(command, ['-c', code]).then(
    () => false as const,
    () => `${command} has no ${name}`,
  )
const trl = await lacking('import datasets, torch, trl', 'TRL')
const openrlhf = await lacking('import torch; from openrlhf.utils.agent import SingleTurnAgentExecutor', 'OpenRLHF')
const verl = await lacking('import torch; from verl.workers.reward_manager import BatchRewardManager', 'veRL')

/** What the reward `exact` says of them: 1, -1, no score, 1; a sample without a score counts as the least of the range. */
const rows = [
  { prompt: 'ab', answer: '72', label: '72' },
  { prompt: 'ab', answer: '7', label: '72' },
  { prompt: 'cd', answer: '123', label: null },
  { prompt: 'cd', answer: 'f', label: 'f' },
]
const rewards = [1, -1, -1, 1]
const unscored = [0, 0, 1, 0]
const lengths = [2, 1, 0, 1]

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-callers-'))
  const policy = nano('0.2M', characterTokenizer('0123456789abcdef'), { seed: 1, context: 32 })
  await policy.save(folder)
  await policy.close()
})
after(() => rm(folder, { recursive: true }))

/** The last line that a script prints, as JSON; it is told the model's folder, the server and the other arguments. */
async function python(script: string, args: readonly string[], given?: unknown): Promise<unknown> {
  const root = join(import.meta.dirname, '..', '..')
  const env = { ...process.env, PYTHONPATH: join(root, 'python'), PYTHONDONTWRITEBYTECODE: '1' }
  const running = run(command, [join(root, 'test', 'interop', script), folder, ...args], { env, maxBuffer: 1 << 26 })
  running.child.stdin?.end(JSON.stringify(given ?? null))
  const { stdout } = await running
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '')
}

test("TRL's GRPOTrainer learns from the server's rewards", { skip: trl, timeout: 300_000 }, async (t) => {
  const server = await start(t, 'letter')
  const { logged, counted, unscored } = z
    .object({ logged: z.array(z.number()), counted: z.array(z.number()), unscored: z.array(z.number()) })
    .parse(await python('trl_trainer.py', [server.url, '25']))
  assert.equal(logged.length, 25)
  for (const [i, mean] of logged.entries()) assert.ok(Math.abs(mean - counted[i]) < 1e-4, `step ${i + 1}`)
  assert.deepEqual(new Set(unscored), new Set([0]))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  assert.ok(mean(logged.slice(-5)) > mean(logged.slice(0, 5)) + 0.3, logged.join(' '))
})

test("OpenRLHF's executor has a number for every answer, and sees which are none", {
  skip: openrlhf,
  timeout: 120_000,
}, async (t) => {
  const server = await start(t, 'exact')
  const said = z
    .object({
      rewards: z.array(z.array(z.number())),
      scores: z.array(z.array(z.number())),
      logs: z.array(z.record(z.string(), z.array(z.number()))),
    })
    // Its data set gives a row without an answer an empty label.
    .parse(
      await python(
        'openrlhf_rewards.py',
        [server.url],
        rows.map((row) => ({ ...row, label: row.label ?? '' })),
      ),
    )
  assert.deepEqual(said.rewards.flat(), rewards)
  assert.deepEqual(said.scores.flat(), [1, 0, 0, 1])
  assert.deepEqual(
    said.logs.flatMap((log) => log.unscored),
    unscored,
  )
})

test("veRL's managers put each score on the last token of its answer", { skip: verl, timeout: 180_000 }, async (t) => {
  const server = await start(t, 'exact')
  const made = z.object({ rewards: z.array(z.number()), extra: z.record(z.string(), z.array(z.number())) })
  const placed = made.extend({ places: z.array(z.array(z.number())) })
  const said = z
    .object({ batch: placed, naive: placed, loop: made })
    .parse(await python('verl_rewards.py', [server.url], rows))
  for (const { rewards: found, extra } of [said.batch, said.naive, said.loop]) {
    assert.deepEqual(found, rewards)
    assert.deepEqual(extra.unscored, unscored)
    assert.deepEqual(extra.score, rewards)
    // A sample without a score has no parts either.
    assert.deepEqual(extra.length, lengths)
  }
  const last = rows.map(({ answer }, row) => [row, answer.length - 1])
  assert.deepEqual([said.batch.places, said.naive.places], [last, last])
})
