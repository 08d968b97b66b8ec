/** Nothing a program does may reach the host or fake a pass. Those that hang or grow are in exhaustion.test.ts. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, test } from 'node:test'
import { type Language, openSandbox } from '../../src/sandbox/index.ts'
import * as javascript from './javascriptAttacks.ts'
import * as python from './pythonAttacks.ts'

const sandbox = openSandbox({ workers: 2, limits: { seconds: 2, memory: 128, output: 256 } })
after(() => sandbox.close())

const tests: Record<Language, string> = {
  python: 'assert solve(3) == 10',
  javascript: 'assert.strictEqual(solve(3), 10)',
}
const honest: Record<Language, string> = {
  python: 'def solve(x): return 3 * x + 1',
  javascript: 'const solve = (x) => 3 * x + 1',
}

for (const [language, attacks] of [['python', python] as const, ['javascript', javascript] as const]) {
  test(`${language}: no verdict can be forged`, async (t) => {
    await Promise.all(
      Object.entries(attacks.forge).map(([name, source]) =>
        t.test(name, async () => {
          const test = { code: [tests[language]], entry: 'solve' }
          const verdict = await sandbox.test({ language, source }, test)
          assert.equal(verdict.kind, 'failed', JSON.stringify(verdict))
          // The next program, which may meet the same workers, is judged as it should be.
          const next = await sandbox.test({ language, source: honest[language] }, test)
          assert.deepEqual(next, { kind: 'passed', total: 1 })
        }),
      ),
    )
  })

  test(`${language}: nothing outside can be reached`, async (t) => {
    await Promise.all(
      Object.entries(attacks.reach).map(([name, source]) =>
        t.test(name, async () => {
          const run = await sandbox.run({ language, source })
          assert.notEqual(run.kind, 'broken', JSON.stringify(run))
          assert.ok(!(run.kind !== 'broken' && run.stdout.includes('ESCAPED')), JSON.stringify(run))
        }),
      ),
    )
    assert.ok(!existsSync('/tmp/escaped'))
  })
}
