import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { cutStepLog, readStepLog } from '../../src/runs/stepLog.ts'
import { collect } from '../collect.ts'
import { tempFolder } from './tempFolder.ts'

const lines = [0, 1, 1, 2, 5].map((step, i) => `${JSON.stringify({ step, i, x: 0.1 + i, text: 'é\n"</script>' })}\n`)

test('wherever a crash cuts the file, what is kept are the whole lines up to the step', async (t) => {
  const path = join(tempFolder(t), 'log.jsonl')
  const whole = Buffer.from(lines.join(''))
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length), fc.integer({ min: -1, max: 6 }), async (length, last) => {
      writeFileSync(path, whole.subarray(0, length))
      await cutStepLog(path, last)
      let end = 0
      const kept = lines.filter((line, i) => {
        end += Buffer.byteLength(line)
        // A line that lacks its newline alone is whole.
        return end - 1 <= length && [0, 1, 1, 2, 5][i] <= last
      })
      assert.equal(readFileSync(path, 'utf8'), kept.join(''))
    }),
    { seed: 7, numRuns: 150 },
  )
})

test('a log that is not there is as good as empty', async (t) => {
  const path = join(tempFolder(t), 'log.jsonl')
  await cutStepLog(path, 3)
  assert.equal(existsSync(path), false)
  assert.deepEqual(await collect(readStepLog(path, z.unknown())), [])
})

test('a broken line that no crash explains is an error with its line number, and the file stays', async (t) => {
  const path = join(tempFolder(t), 'log.jsonl')
  const text = `${lines[0]}{"step":1,\n${lines[3]}`
  writeFileSync(path, text)
  await assert.rejects(cutStepLog(path, 9), /log\.jsonl:2: /)
  assert.equal(readFileSync(path, 'utf8'), text)
  writeFileSync(path, `${lines[0]}{"stop":1}\n`)
  await assert.rejects(cutStepLog(path, 9), /log\.jsonl:2: .*not of the run's making/)
})

test('lines are read one by one and checked', async (t) => {
  const path = join(tempFolder(t), 'log.jsonl')
  writeFileSync(path, `${lines.join('')}{"step":6,"i":`)
  const schema = z.object({ step: z.number(), i: z.number() })
  assert.deepEqual(
    (await collect(readStepLog(path, schema))).map(({ i }) => i),
    [0, 1, 2, 3, 4],
  )
  await assert.rejects(collect(readStepLog(path, z.object({ step: z.string() }))), /log\.jsonl:1: /)
})
