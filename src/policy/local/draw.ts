/** Drawing one token from a row of logits. */
import type { Random } from '../../data/random.ts'

export interface DrawOptions {
  readonly temperature: number
  /** 0: all. */
  readonly topK: number
  readonly topP: number
  /** Ids from here on are padding of the model's last layer: no token of the tokenizer, never drawn. */
  readonly known: number
}

export interface Drawn {
  readonly token: number
  /** log p(token) of the model itself: temperature 1, nothing cut. */
  readonly logprob: number
}

/**
 * A token with probability ∝ exp(logit / temperature) among those that top-k, then top-p (Holtzman et al. 2020: the
 * likeliest tokens up to and including the one that reaches p) leave. Temperature 0: the likeliest, lowest id first.
 */
export function drawToken(logits: Float32Array, options: DrawOptions, rng: Random): Drawn {
  const tokens = logits.subarray(0, options.known)
  let best = 0
  for (let i = 1; i < tokens.length; i++) if (tokens[i] > tokens[best]) best = i
  const peak = tokens[best]
  let mass = 0
  for (let i = 0; i < logits.length; i++) mass += Math.exp(logits[i] - peak)
  const logMass = peak + Math.log(mass)
  const chosen = options.temperature === 0 ? best : choose(tokens, peak, options, rng)
  return { token: chosen, logprob: logits[chosen] - logMass }
}

function choose(logits: Float32Array, peak: number, { temperature, topK, topP }: DrawOptions, rng: Random): number {
  const weight = (i: number) => Math.exp((logits[i] - peak) / temperature)
  const cut = (topK > 0 && topK < logits.length) || topP < 1
  const kept = cut ? keep(logits, weight, topK, topP) : undefined
  const count = kept?.length ?? logits.length
  const at = (i: number) => (kept === undefined ? i : kept[i])
  let total = 0
  for (let i = 0; i < count; i++) total += weight(at(i))
  let left = rng.next() * total
  for (let i = 0; i < count; i++) {
    left -= weight(at(i))
    if (left < 0) return at(i)
  }
  return at(count - 1)
}

function keep(logits: Float32Array, weight: (i: number) => number, topK: number, topP: number): number[] {
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b)
  const first = topK > 0 ? order.slice(0, topK) : order
  if (topP >= 1) return first
  const goal = topP * first.reduce((sum, i) => sum + weight(i), 0)
  let sum = 0
  const end = first.findIndex((i) => (sum += weight(i)) >= goal)
  return end < 0 ? first : first.slice(0, end + 1)
}
