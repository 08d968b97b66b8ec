/** Programs that never end, never stop growing or break their interpreter cost their time limit and nobody else's. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openSandbox } from '../../src/sandbox/index.ts'
import * as javascript from './javascriptAttacks.ts'
import * as python from './pythonAttacks.ts'

const sandbox = openSandbox({ workers: 2, limits: { seconds: 1, memory: 128, output: 256 } })
after(() => sandbox.close())

for (const [language, attacks] of [['python', python] as const, ['javascript', javascript] as const]) {
  test(`${language}: nothing hangs and nothing grows without bound`, async (t) => {
    await Promise.all(
      Object.entries(attacks.exhaust).map(([name, [source, ...reasons]]) =>
        t.test(name, async () => {
          const run = await sandbox.run({ language, source })
          assert.equal(run.kind, 'failed', JSON.stringify(run))
          assert.ok(run.kind === 'failed' && reasons.includes(run.reason), JSON.stringify(run).slice(0, 600))
        }),
      ),
    )
  })
}
