/**
 * From people's feedback to binary principles ("RLBFF: Binary Flexible Feedback to bridge between Human Feedback &
 * Verifiable Rewards", arXiv 2509.21319, section 3): a principle is kept where its quotation is really in the feedback, and
 * where EVERY other annotator of the response names one that means the same:
 *
 *     partial_ratio(quote, feedback) > 60   and   for all b ≠ a: max_q cos(e_p, e_q) > 0.8
 */
import { partialRatio } from '../../text/partialRatio.ts'

/** A principle that one annotator's feedback names, with whether the response meets it. */
export interface NamedPrinciple {
  readonly principle: string
  readonly annotator: string
  readonly fulfilled: boolean
  /** The principle's embedding, of any length but 0. */
  readonly embedding: ArrayLike<number>
}

/** Whether a quotation stands, nearly word for word, in the feedback it is said to come from. */
export function isQuoted(quote: string, feedback: string, threshold = 60): boolean {
  return partialRatio(quote, feedback) > threshold
}

/**
 * The principles of one response on which all its annotators agree, in their order. With one annotator there is nobody to
 * agree with, and none is kept.
 *
 * @param threshold the least cosine that means the same, itself excluded. Default 0.8
 */
export function agreedPrinciples<P extends NamedPrinciple>(principles: readonly P[], threshold = 0.8): P[] {
  const annotators = [...new Set(principles.map(({ annotator }) => annotator))]
  if (annotators.length < 2) return []
  return principles.filter((one) =>
    annotators
      .filter((other) => other !== one.annotator)
      .every((other) =>
        principles.some((its) => its.annotator === other && cosine(one.embedding, its.embedding) > threshold),
      ),
  )
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i]
    aa += a[i] ** 2
    bb += b[i] ** 2
  }
  return ab / Math.sqrt(aa * bb)
}
