/**
 * Two answers compared in both orders, because judges favour a place (Zheng et al., Judging LLM-as-a-Judge, arXiv
 * 2306.05685, section 3.4): a preference that turns with the order is none.
 */
import type { Answer, Answered } from './judge.ts'
import { addUsage } from './usage.ts'

export interface PairVerdict {
  /** 'tie' also where the two orders disagree. */
  readonly winner: 'a' | 'b' | 'tie'
  /** Whether both orders are for the same answer, or both for none. */
  readonly agreed: boolean
  /** The probability that `a` is better, the mean of both orders: (p(a first) + 1 - p(b first)) / 2. */
  readonly preference: number
  /** How much likelier an answer is to win for being first: (p(a first) + p(b first)) / 2 - 1/2, in [-1/2, 1/2]. */
  readonly positionBias: number
}

/**
 * `compare(first, second)` gives the probability in [0, 1] that the first of two texts is better: 1, 0 and 1/2 for
 * verdicts in words, anything between from log-probs. Both orders are asked at once; where one of them gives no answer,
 * there is none.
 */
export async function bothOrders(
  compare: (first: string, second: string, signal?: AbortSignal) => Promise<Answer<number>>,
  a: string,
  b: string,
  signal?: AbortSignal,
): Promise<Answer<PairVerdict>> {
  const [aFirst, bFirst] = await Promise.all([compare(a, b, signal), compare(b, a, signal)])
  const usage = addUsage(aFirst.usage, bFirst.usage)
  const text = `${aFirst.text ?? ''}\n${bFirst.text ?? ''}`
  if (!aFirst.ok) return { ...aFirst, reason: `in the order a, b: ${aFirst.reason}`, text, usage }
  if (!bFirst.ok) return { ...bFirst, reason: `in the order b, a: ${bFirst.reason}`, text, usage }
  const value = verdict(aFirst.value, bFirst.value)
  return { ok: true, value, text, usage, cached: aFirst.cached && bFirst.cached }
}

function verdict(aFirst: number, bFirst: number): PairVerdict {
  const one = sideOf(aFirst)
  const agreed = one === sideOf(1 - bFirst)
  return {
    winner: agreed ? one : 'tie',
    agreed,
    preference: (aFirst + 1 - bFirst) / 2,
    positionBias: (aFirst + bFirst) / 2 - 0.5,
  }
}

function sideOf(preference: number): PairVerdict['winner'] {
  return preference > 0.5 ? 'a' : preference < 0.5 ? 'b' : 'tie'
}

/** The answer with another value made of its value; no answer stays none. */
export function mapAnswer<T, U>(answer: Answer<T>, map: (value: T) => U): Answer<U> {
  if (!answer.ok) return answer
  const mapped: Answered<U> = { ...answer, value: map(answer.value) }
  return mapped
}
