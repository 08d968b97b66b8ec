/**
 * Follow-up likelihood ("Aligning Language Models Using Follow-up Likelihood as Reward Signal", FLR, arXiv 2409.13948): a
 * good answer makes "that is what I asked for" likely and "that is not my question" unlikely. With l(f|c) the
 * log-likelihood of follow-up f after the conversation c,
 *
 *     R_d(c) = mean_{f in F+_d} l(f|c) - mean_{f in F-_d} l(f|c),   R(c) = mean_d R_d(c)
 *
 * over the dimensions d. The paper's aggregation was not seen in full; this is the plain one of its title and abstract.
 */

/** Phrases of one dimension that a pleased and a displeased user might say. */
export interface FollowUps {
  readonly positive: readonly string[]
  readonly negative: readonly string[]
}

/** Three dimensions of three phrases a side, in our own words; the paper's repository has six of ten. */
export const followUps: Readonly<Record<string, FollowUps>> = {
  relevance: {
    positive: ['That is exactly what I asked for.', 'Yes, that answers my question.', 'Right to the point, thank you.'],
    negative: ['That is not what I asked for.', 'No, that does not answer my question.', 'You missed the point.'],
  },
  correctness: {
    positive: ['That is correct.', 'Yes, that is right.', 'I checked it and it is true.'],
    negative: ['That is not correct.', 'No, that is wrong.', 'I checked it and it is false.'],
  },
  following: {
    positive: ['You did everything I said.', 'You followed my instructions.', 'Good, just as I wanted it.'],
    negative: ['You did not do what I said.', 'You ignored my instructions.', 'No, I wanted it otherwise.'],
  },
}

/**
 * How the two sides are compared: difference of means of l; difference of log-mean-exp; or the share of the positive
 * side's mean likelihood, p+ / (p+ + p-).
 */
export type FollowUpForm = 'mean' | 'logMeanExp' | 'share'

/** The reward of one dimension from the log-likelihoods of its phrases. */
export function followUpReward(
  positive: readonly number[],
  negative: readonly number[],
  form: FollowUpForm = 'mean',
): number {
  if (form === 'mean') return mean(positive) - mean(negative)
  const difference = logMeanExp(positive) - logMeanExp(negative)
  return form === 'logMeanExp' ? difference : 1 / (1 + Math.exp(-difference))
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length
}

function logMeanExp(values: readonly number[]): number {
  const most = Math.max(...values)
  return most + Math.log(mean(values.map((value) => Math.exp(value - most))))
}
