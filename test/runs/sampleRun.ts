/** A made-up run with the shapes of a real one: curves that learn, arithmetic answers, a judge that sometimes fails. */
import { userPrompt } from '../../src/data/message.ts'
import { type Random, random } from '../../src/data/random.ts'
import type { Group, Rollout } from '../../src/data/rollout.ts'
import { type Score, scored, unscored } from '../../src/data/score.ts'

/** Words and signs; token id = place in this list. */
const words =
  '<end>|\n| |So|we|have|the|apples|first|.|,|=|+|×|then|add|left|answer|is|The|in|all|boxes|each|of|with|wait|check|0|1|2|3|4|5|6|7|8|9|<think>|</think>|left|gives|hence|number|minus'.split(
    '|',
  )

export function tokenText(id: number): string {
  return words[id]
}

/** Metrics of step `step` of `steps`, learning with noise. */
export function sampleMetrics(step: number, steps: number, noise: Random): Record<string, number> {
  const progress = 1 - Math.exp((-3 * step) / steps)
  const jitter = (size: number) => size * noise.normal()
  return {
    reward: 0.15 + 0.68 * progress + jitter(0.05),
    'reward/answer': 0.1 + 0.7 * progress + jitter(0.06),
    'reward/format': 0.05 * progress + 0.05 + jitter(0.006),
    completionLength: 60 + 80 * progress + jitter(7),
    kl: Math.max(0, 0.002 + 0.06 * progress + jitter(0.004)),
    entropy: 1.4 - 0.8 * progress + jitter(0.05),
    gradientNorm: Math.abs(0.4 + jitter(0.12)) + (noise.next() < 0.03 ? 1.5 : 0),
    'unscored/judge': noise.next() < 0.2 ? noise.int(1, 4) / 64 : 0,
    'unscored/deadline': noise.next() < 0.1 ? noise.int(1, 2) / 64 : 0,
    ...(step % 10 === 0 ? { accuracy: 0.21 + 0.45 * progress + jitter(0.01) } : {}),
  }
}

/** A group of `size` answers to an addition, with group-relative advantages that fade towards each answer's start. */
export function sampleGroup(step: number, index: number, size: number, length: number): SampledGroup {
  const noise = random(`group ${step} ${index}`)
  const [a, b] = [noise.int(10, 99), noise.int(10, 99)]
  const question = `Tom packs ${a} apples in one box and ${b} in another. How many apples has he packed in all?`
  const prompt = userPrompt(`apples-${step}-${index}`, question, String(a + b), { level: 1 })
  const rollouts = Array.from({ length: size }, (): Rollout => {
    const count = noise.int(Math.ceil(length / 2), length)
    const ids = Array.from({ length: count }, (_, t) => idAt(noise, t, count))
    const text = ids.slice(0, -1).map(tokenText).join('')
    const finish = noise.next() < 0.15 ? 'length' : 'stop'
    return {
      sample: { prompt, completion: { text, finish } },
      sequence: { tokens: Int32Array.from([1, 2, 3, ...ids]), promptLength: 3 },
      logprobs: Float32Array.from(ids, () => -(noise.next() ** 3) * 4),
    }
  })
  const scores = rollouts.map((): Score => {
    if (noise.next() < 0.1) return unscored('judge', 'the judge answered 503 Service Unavailable after 3 tries')
    const answer = noise.next() < 0.5 ? 1 : 0
    const format = noise.next() < 0.8 ? 1 : 0
    const feedback =
      answer === 1 ? {} : { feedback: `expected ${a + b}; the answer's last number is ${noise.int(10, 200)}` }
    return scored(answer + 0.1 * format, { parts: { answer, format }, ...feedback })
  })
  return { group: { prompt, rollouts, scores }, advantages: advantagesOf(rollouts, scores) }
}

interface SampledGroup {
  readonly group: Group
  readonly advantages: Float32Array[]
}

function idAt(noise: Random, t: number, count: number): number {
  if (t === count - 1) return 0
  if (t % 2 === 1) return noise.next() < 0.08 ? 1 : 2
  return noise.int(3, words.length - 1)
}

function advantagesOf(rollouts: readonly Rollout[], scores: readonly Score[]): Float32Array[] {
  const values = scores.flatMap((score) => (score.kind === 'scored' ? [score.value] : []))
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
  return rollouts.map(({ logprobs }, i) => {
    const score = scores[i]
    if (score.kind === 'unscored') return new Float32Array(logprobs.length)
    return logprobs.map((_, t) => (score.value - mean) * (0.3 + (0.7 * (t + 1)) / logprobs.length))
  })
}
