/** A trainer of another project at work with the server: TRL's GRPOTrainer, where $GUERDON_PYTHON has it. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { z } from 'zod'
import { nano } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { start } from './start.ts'

const run = promisify(execFile)
const command = process.env.GUERDON_PYTHON ?? 'python3'
const there = await run(command, ['-c', 'import datasets, torch, trl']).then(
  () => true,
  () => false,
)
const skip = there ? false : `${command} has no TRL`
const said = z.object({
  logged: z.array(z.number()),
  counted: z.array(z.number()),
  unscored: z.array(z.number()),
})

test("TRL's GRPOTrainer learns from the server's rewards", { skip, timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-trl-'))
  after(() => rm(folder, { recursive: true }))
  const server = await start({ after }, 'letter')
  const policy = nano('0.2M', characterTokenizer('0123456789abcdef'), { seed: 1, context: 32 })
  await policy.save(folder)
  await policy.close()
  const root = join(import.meta.dirname, '..', '..')
  const script = join(root, 'test', 'interop', 'trl_trainer.py')
  const env = { ...process.env, PYTHONPATH: join(root, 'python'), PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout } = await run(command, [script, folder, server.url, '25'], { env, maxBuffer: 1 << 26 })
  const { logged, counted, unscored } = said.parse(JSON.parse(stdout))
  assert.equal(logged.length, 25)
  for (const [i, mean] of logged.entries()) assert.ok(Math.abs(mean - counted[i]) < 1e-4, `step ${i + 1}`)
  assert.deepEqual(new Set(unscored), new Set([0]))
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  assert.ok(mean(logged.slice(-5)) > mean(logged.slice(0, 5)) + 0.3, logged.join(' '))
})
