/**
 * Majority voting (self-consistency, Wang et al. 2023): of several answers the one that is given most often; weighted
 * majority adds up weights, such as a reward's values, instead of counting.
 */
import type { Completion } from '../data/message.ts'

export interface Vote {
  /** The answer that won; undefined where nobody gave any. */
  readonly answer: string | undefined
  /** The place of the first completion that gives it. */
  readonly first: number | undefined
  /** The winner's share of all weight, those without an answer aside. */
  readonly share: number
  /** Completions without an answer, or with a weight that is no number above 0. */
  readonly abstained: number
}

/**
 * @param answerOf the answer a completion gives, in a form in which equal answers are equal; undefined: it gives none
 * @param weights one a completion. Default: all 1. Of equal sums, the answer that was given first wins
 */
export function majority(
  completions: readonly Completion[],
  answerOf: (completion: Completion) => string | undefined,
  weights?: readonly number[],
): Vote {
  const votes = new Map<string, { weight: number; readonly first: number }>()
  let abstained = 0
  let total = 0
  completions.forEach((completion, i) => {
    const answer = answerOf(completion)
    const weight = weights === undefined ? 1 : weights[i]
    if (answer === undefined || !(weight > 0) || !Number.isFinite(weight)) {
      abstained++
      return
    }
    const vote = votes.get(answer) ?? { weight: 0, first: i }
    vote.weight += weight
    total += weight
    votes.set(answer, vote)
  })
  let winner: { answer: string; weight: number; first: number } | undefined
  for (const [answer, vote] of votes)
    if (winner === undefined || vote.weight > winner.weight) winner = { answer, ...vote }
  return {
    answer: winner?.answer,
    first: winner?.first,
    share: winner === undefined ? 0 : winner.weight / total,
    abstained,
  }
}
