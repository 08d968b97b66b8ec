/**
 * LLaMA, Qwen 2 and Qwen 3 against PyTorch and transformers: log-probs, entropies, every gradient and three AdamW
 * steps (vectors/<family>, recorded by test/interop/training_step.py).
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Sequence } from '../../src/data/rollout.ts'
import { openSafetensors, type SafetensorsFile } from '../../src/data/safetensors.ts'
import { loadModel } from '../../src/nn/checkpoint.ts'
import type { Layout } from '../../src/nn/parameters.ts'
import { view } from '../../src/nn/parameters.ts'
import { localPolicy } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

interface Row {
  readonly tokens: readonly number[]
  readonly promptLength: number
  readonly coefficients: readonly number[]
}

const adam = { learningRate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1 }

// A small budget gives each sequence a microbatch of its own; a large one pads them to one rectangle.
for (const family of ['llama', 'qwen2', 'qwen3'])
  for (const memoryBudget of [768, 0.01])
    test(`${family}: a training step is PyTorch's, ${memoryBudget} MB a microbatch`, async () => {
      const folder = join(import.meta.dirname, 'vectors', family)
      const { config, values: before, plan } = await loadModel(folder)
      const rows: readonly Row[] = JSON.parse(readFileSync(join(folder, 'batch.json'), 'utf8'))
      const sequences: Sequence[] = rows.map(({ tokens, promptLength }) => ({
        tokens: Int32Array.from(tokens),
        promptLength,
      }))
      const coefficients = rows.map((row) => ({ logprobs: Float32Array.from(row.coefficients) }))
      const policy = localPolicy(config, before.slice(), characterTokenizer('abc'), { threads: 1, memoryBudget })
      await using file = await openSafetensors(join(folder, 'expected.safetensors'))
      const losses = await file.readFloats('losses')
      const norms = await file.readFloats('norms')

      const readouts = await policy.forward(sequences, ['logprobs', 'entropy'])
      const logprobs = readouts.flatMap((readout) => [...(readout.logprobs ?? [])])
      near('logprobs', logprobs, await file.readFloats('logprobs'))
      const entropies = readouts.flatMap((readout) => [...(readout.entropy ?? [])])
      near('entropies', entropies, await file.readFloats('entropies'))

      const loss = async () => {
        const outputs = await policy.forward(sequences, ['logprobs'])
        const terms = outputs.map(({ logprobs = [] }, i) => dot([...logprobs], rows[i].coefficients))
        return terms.reduce((total, term) => total + term, 0)
      }
      for (const step of [0, 1, 2]) {
        near(`loss before step ${step + 1}`, [await loss()], losses.subarray(step, step + 1))
        await policy.backward(sequences, coefficients)
        if (step === 0) await nearParts(file, 'gradient', plan, policy.gradient())
        const { gradientNorm } = await policy.step(adam)
        near(`gradient norm of step ${step + 1}`, [gradientNorm], norms.subarray(step, step + 1))
        if (step !== 1) {
          const change = policy.weights().map((value, i) => value - before[i])
          await nearParts(file, `after${step + 1}`, plan, change)
        }
      }
      near('loss after step 3', [await loss()], losses.subarray(3))
      await policy.close()
    })

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0)

/** Every named part of a flat array against the recorded tensor of that name. */
async function nearParts(file: SafetensorsFile, prefix: string, plan: Layout, flat: Float32Array): Promise<void> {
  const recorded = [...file.tensors.keys()].filter((name) => name.startsWith(`${prefix}.`))
  assert.deepEqual(recorded.sort(), [...plan.ofPart.keys()].map((name) => `${prefix}.${name}`).sort())
  for (const [name, place] of plan.ofPart)
    near(`${prefix}.${name}`, [...view(flat, place)], await file.readFloats(`${prefix}.${name}`))
}

/** Equal to 1e-4, of the number itself where it is above 1. */
function near(what: string, actual: readonly number[], expected: Float32Array): void {
  assert.equal(actual.length, expected.length, what)
  expected.forEach((value, i) => {
    const error = Math.abs(actual[i] - value)
    assert.ok(error <= 1e-4 * Math.max(1, Math.abs(value)), `${what}[${i}] is ${actual[i]}, PyTorch says ${value}`)
  })
}
