/**
 * The reward of a pairwise judge that writes a critique and chooses ("Reward Modeling from Natural Language Human
 * Feedback", RM-NLHF, arXiv 2601.07349; code Tongyi-ConvAI/Qwen-Character): a right choice is guessed half of the time, so
 * the critique's arguments are held against a person's.
 *
 *     P = TP / N_gen,  R = TP / N_ref,  F1 = 2 P R / (P + R)
 *     reward = -1 without the form;  0 with the wrong choice;  1 + lambda 1[F1 > threshold] with the right one
 */
import { type PrecisionRecall, precisionRecall } from '../../text/rouge.ts'

/** A judge's count of decisive arguments: those in the generated critique, in the human one, and those that match. */
export interface ArgumentCounts {
  readonly matched: number
  readonly generated: number
  readonly reference: number
}

/** Precision, recall and F1 of a critique's arguments; a match beyond either count is not believed. */
export function argumentOverlap({ matched, generated, reference }: ArgumentCounts): PrecisionRecall {
  return precisionRecall(Math.min(matched, generated, reference), generated, reference)
}

/** Where no judge is at hand: F1 of the two sets of words between white space. */
export function wordSetOverlap(critique: string, human: string): PrecisionRecall {
  const [said, meant] = [critique, human].map((text) => new Set(text.split(/\s+/).filter((word) => word !== '')))
  return precisionRecall([...said].filter((word) => meant.has(word)).length, said.size, meant.size)
}

export interface CritiqueWeights {
  /** What a good critique adds to a right choice. Default 0.5. */
  readonly lambda?: number
  /** The F1 that a good critique exceeds, or 'none' to add lambda · F1 itself. Default 0.5. */
  readonly threshold?: number | 'none'
}

/** The reward of a verdict: `right` is undefined where the output has not the form asked for. */
export function critiqueReward(right: boolean | undefined, f1: number, weights: CritiqueWeights = {}): number {
  const { lambda = 0.5, threshold = 0.5 } = weights
  if (right === undefined) return -1
  if (!right) return 0
  return 1 + lambda * (threshold === 'none' ? f1 : f1 > threshold ? 1 : 0)
}

/**
 * The reward where there is no human critique, from MetaRM's score s, a regression on 1 + process for right choices:
 * 1 + lambda max(0, s - 1).
 */
export function metaCritiqueReward(right: boolean | undefined, score: number, lambda = 0.5): number {
  if (right === undefined) return -1
  return right ? 1 + lambda * Math.max(0, score - 1) : 0
}
