import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { openJsonlLog } from '../../src/data/appendJsonl.ts'
import { GuerdonError } from '../../src/data/error.ts'
import { readJsonl } from '../../src/data/jsonl.ts'
import { collect } from '../collect.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-append-'))
})
after(() => rm(folder, { recursive: true }))

test('lines arrive in the order of the calls, awaited or not', async () => {
  const path = join(folder, 'order.jsonl')
  const log = await openJsonlLog(path)
  await Promise.all(Array.from({ length: 200 }, (_, i) => log.append({ i, text: 'x'.repeat(i * 10) })))
  await log.flush()
  await log.close()
  const rows = await collect(readJsonl(path))
  assert.deepEqual(
    rows.map((row) => row.line),
    Array.from({ length: 200 }, (_, i) => i + 1),
  )
  assert.ok(
    rows.every(
      (row, i) => typeof row.value === 'object' && row.value !== null && 'i' in row.value && row.value.i === i,
    ),
  )
})

test('a log cut anywhere keeps its whole lines and goes on after them', async () => {
  const lines = [{ step: 1, text: 'é\n' }, { step: 2 }, { step: 3, loss: [0.5, 1] }]
  const whole = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  const path = join(folder, 'cut.jsonl')
  for (let cut = 0; cut <= whole.length; cut++) {
    await writeFile(path, whole.subarray(0, cut))
    const log = await openJsonlLog(path)
    await log.append({ step: 'after' })
    await log.close()
    const kept = lines.filter((_, i) => {
      const end = Buffer.from(
        lines
          .slice(0, i + 1)
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(''),
      ).length
      return end - 1 <= cut
    })
    assert.deepEqual(
      (await collect(readJsonl(path))).map((row) => row.value),
      [...kept, { step: 'after' }],
      `cut at ${cut}`,
    )
  }
})

test('a torn line longer than a block is removed whole', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 200_000 }), fc.boolean(), async (length, first) => {
      const path = join(folder, 'long.jsonl')
      await writeFile(path, `${first ? '' : '1\n'}"${'x'.repeat(length)}`)
      await (await openJsonlLog(path)).close()
      assert.equal(await readFile(path, 'utf8'), first ? '' : '1\n')
    }),
    { seed: 2, numRuns: 30 },
  )
})

test('a full disk is a GuerdonError', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, async () => {
  const log = await openJsonlLog('/dev/full')
  await assert.rejects(log.append(1), (thrown) => {
    assert.ok(thrown instanceof GuerdonError)
    assert.match(thrown.message, /\/dev\/full: could not be written: the disk is full \(ENOSPC\)/)
    return true
  })
  await log.close()
})
