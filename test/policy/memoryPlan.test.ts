import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nanoConfig } from '../../src/nn/config.ts'
import { checkMemory, memoryPlan, memoryText } from '../../src/policy/local/memoryPlan.ts'

// The shape of SmolLM2-135M: 134,515,008 weights by its authors' count.
const smollm2 = {
  ...nanoConfig('3M', 49_152, { context: 8192 }),
  ...{ width: 576, layers: 30, heads: 9, keyValueHeads: 3, headSize: 64, hidden: 1536 },
}
const options = { memoryBudget: 768, rows: 32 }

test('weights are counted at four bytes; learning adds twelve for each number that learns', () => {
  const { parts } = memoryPlan(smollm2, options)
  assert.equal(parts.weights, 4 * 134_515_008)
  assert.equal(parts['gradient and moments'], 3 * parts.weights)
  // Rank 16 on all seven layers: 16 (in + out) each, 162,816 a layer.
  const adapted = memoryPlan(smollm2, { ...options, lora: { rank: 16 } })
  assert.equal(adapted.parts.adapters, 4 * 30 * 162_816)
  assert.equal(adapted.parts['gradient and moments'], 3 * adapted.parts.adapters)
  // Two arrays of keys and values: 30 layers, 3 heads of 64, 512 tokens, 32 rows.
  assert.equal(parts['keys and values'], 2 * 2 * 4 * 30 * 192 * 512 * 32)
  assert.ok(memoryPlan(smollm2, { ...options, sampling: 'int8' }).parts.sampler < parts.sampler / 2)
})

test('a plan that does not fit is refused with its parts and the ways out', () => {
  const plan = memoryPlan(smollm2, options)
  assert.doesNotThrow(() => checkMemory(plan, plan.total))
  assert.throws(
    () => checkMemory(plan, plan.total - 1),
    (error: Error) => /more memory than the machine has/.test(error.message) && /weights 0\.54 GB/.test(error.message),
  )
  assert.match(memoryText(plan), /in all$/)
})
