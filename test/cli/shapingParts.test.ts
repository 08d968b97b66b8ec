/** Shapings by name: in YAML, in a flag, made in code. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { shapingParts, shapingSchema } from '../../src/cli/shapingParts.ts'
import { readTrainConfig } from '../../src/cli/trainConfig.ts'
import * as shapings from '../../src/shaping/index.ts'
import { check } from '../../src/train/schema.ts'
import { flat } from '../credit/groups.ts'
import { valuesAfter } from '../shaping/values.ts'
import { tempFolder } from './cli.ts'

test('a configuration takes shapings by name, in order, with their options', async (t) => {
  const file = join(tempFolder(t), 'run.yaml')
  const head = 'policy: { nano: { size: 0.2M } }\ntask: addition\ncredit: grpo\nobjective: clipped\nsteps: 1\n'
  writeFileSync(file, `${head}shaping:\n  - ceiling(most=1)\n  - { name: par, references: 0, slope: 2 }\n`)
  const { shaping } = await readTrainConfig(file, [])
  assert.deepEqual(
    shaping?.map(({ name }) => name),
    ['ceiling', 'par'],
  )
  const shaped = shaping?.reduce<readonly ReturnType<typeof flat>[]>(
    (groups, each) => [...each.shape(groups)],
    [flat([5])],
  )
  assert.deepEqual(valuesAfter({ name: 'same', shape: (groups) => groups }, shaped ?? []), [[1 / (1 + Math.exp(-2))]])
  writeFileSync(file, `${head}shaping:\n  - { name: par, slope: 2 }\n`)
  await assert.rejects(readTrainConfig(file, []), /shaping\.0\.references/)
})

test('every shaping there is has a name, and what it refuses is said in the words of the option', () => {
  const made = Object.keys(shapings).filter((name) => name in shapingParts)
  assert.deepEqual(made.sort(), Object.keys(shapingParts).sort())
  const functions = ['correctionAudit', 'clipSteps', 'deltaSteps', 'dynamicScale', 'logSigma', 'sigmoid']
  assert.deepEqual(
    Object.keys(shapings)
      .filter((name) => !(name in shapingParts))
      .sort(),
    functions.sort(),
  )
  const refused = (spec: unknown) => {
    const read = check(shapingSchema, spec)
    return 'problems' in read ? read.problems[0].message : undefined
  }
  assert.match(refused('backwardCorrection(falsePositive=0.6, falseNegative=0.5)') ?? '', /says nothing/)
  assert.match(refused('softOverlng') ?? '', /softOverlong/)
  assert.equal(refused({ name: 'forwardCorrection', falseNegative: { share: 0.1 }, size: 'clean' }), undefined)
})
