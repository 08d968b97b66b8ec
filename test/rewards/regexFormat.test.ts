import assert from 'node:assert/strict'
import { test } from 'node:test'
import { regexFormat } from '../../src/rewards/regexFormat.ts'
import { sample, scoreOf, valuesOf } from './samples.ts'

test('the expression itself says whether it searches or spans the whole text', async () => {
  const text = '<think>a\nb</think> 5'
  assert.partialDeepStrictEqual(await scoreOf(regexFormat(/<think>.*<\/think>/s), text), { value: 1 })
  assert.deepEqual(await scoreOf(regexFormat(/^<think>.*<\/think>$/s), text), {
    kind: 'scored',
    value: 0,
    feedback: 'the answer does not match /^<think>.*<\\/think>$/s',
  })
})

test('global and sticky expressions remember nothing between samples', async () => {
  for (const regex of [/a/g, /a/y, /a/gy]) {
    const samples = Array.from({ length: 5 }, () => sample('a'))
    assert.deepEqual(valuesOf(await regexFormat(regex).score(samples)), [1, 1, 1, 1, 1])
    assert.equal(regex.lastIndex, 0)
  }
})
