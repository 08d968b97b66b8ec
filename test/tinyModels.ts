/** Tiny seeded models of every family and variant, for holding against other implementations. */
import assert from 'node:assert/strict'
import { random } from '../src/data/random.ts'
import type { DecoderConfig } from '../src/nn/config.ts'
import { type LoraSettings, loraLayout, loraSettings } from '../src/nn/lora.ts'
import { initialise, type Layout, view } from '../src/nn/parameters.ts'
import { type LocalPolicy, localPolicy } from '../src/policy/local/local.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'

export const tokenizer = characterTokenizer('0123456789+-*/=abcdefghijklm ?')

const base: DecoderConfig = {
  family: 'llama',
  vocabulary: 40,
  width: 64,
  layers: 3,
  heads: 4,
  keyValueHeads: 2,
  headSize: 16,
  hidden: 96,
  context: 128,
  ropeTheta: 10_000,
  normEpsilon: 1e-5,
  tied: false,
  attentionBias: false,
  queryKeyNorm: false,
  valueHead: false,
}

export const models: Readonly<Record<string, DecoderConfig>> = {
  llama: base,
  'llama, tied, all heads': { ...base, tied: true, keyValueHeads: 4 },
  'llama with biases': { ...base, attentionBias: true, outputBias: true },
  'llama, linear scaling': { ...base, ropeScaling: { type: 'linear', factor: 4 } },
  'llama, llama3 scaling': {
    ...base,
    ropeScaling: { type: 'llama3', factor: 8, low: 1, high: 4, original: 32 },
  },
  'llama, dynamic scaling': { ...base, ropeScaling: { type: 'dynamic', factor: 4 } },
  'llama, divided frequencies': {
    ...base,
    ropeScaling: { type: 'divided', divisors: [1, 1, 1.5, 2, 3, 4, 4, 4] },
  },
  'llama, YaRN': {
    ...base,
    ropeScaling: { type: 'yarn', factor: 4, original: 32, betaFast: 32, betaSlow: 1, magnitude: 1 + 0.1 * Math.log(4) },
  },
  qwen2: { ...base, family: 'qwen2', attentionBias: true, normEpsilon: 1e-6, ropeTheta: 1e6 },
  'qwen3, tied, heads wider than the model': {
    ...base,
    ...{ family: 'qwen3', tied: true, headSize: 32, queryKeyNorm: true, normEpsilon: 1e-6 },
  },
}

/** Weights large enough that every one of them matters: norms about 1 and biases about 0, all different. */
export function weights(plan: Layout, seed: string): Float32Array {
  const rng = random(seed)
  const values = initialise(plan, rng)
  for (const [name, place] of plan.ofPart)
    if (/norm\.weight$|bias$/.test(name)) {
      const part = view(values, place)
      for (let i = 0; i < part.length; i++) part[i] += 0.3 * rng.normal()
    }
  return values
}

/** A tiny adapter on every linear layer, none of its numbers zero. */
export const adapterSettings: LoraSettings = loraSettings({ rank: 2, alpha: 6 })
export function adapterWeights(base: Layout): { readonly plan: Layout; readonly values: Float32Array } {
  const plan = loraLayout(base, adapterSettings)
  const rng = random('adapter')
  return { plan, values: Float32Array.from({ length: plan.size }, () => 0.2 * rng.normal()) }
}

export const tokens = Array.from({ length: 60 }, (_, i) => 2 + ((7 * i * i + 3 * i) % 30))

/** Ours: log p of every token after each of the sequence's. */
export function logprobs(config: DecoderConfig, values: Float32Array): Promise<Float64Array[]> {
  return logprobsOf(localPolicy(config, values, tokenizer, { threads: 1 }))
}

/** The same of a policy, which is closed. */
export async function logprobsOf(policy: LocalPolicy): Promise<Float64Array[]> {
  const { config } = policy
  const sequence = { tokens: Int32Array.from([...tokens, 2]), promptLength: 1 }
  const [{ topLogprobs }] = await policy.forward([sequence], ['topLogprobs'], { over: 'all', top: config.vocabulary })
  await policy.close()
  return tokens.map((_, t) => {
    const row = new Float64Array(config.vocabulary)
    for (let k = t * config.vocabulary; k < (t + 1) * config.vocabulary; k++)
      row[topLogprobs?.ids[k] ?? -1] = topLogprobs?.logprobs[k] ?? Number.NaN
    return row
  })
}

/** The largest difference of two tables of the same shape. */
export function farthest(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  assert.equal(a.length, b.length)
  return Math.max(...a.flatMap((row, t) => [...row].map((value, i) => Math.abs(value - b[t][i]))))
}
