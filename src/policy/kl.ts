/**
 * Estimates of KL(policy || reference) from one sampled token (Schulman, "Approximating KL divergence", 2020), with
 * d = log p(token) - log p_ref(token):
 *
 *     k1 = d                    unbiased, may be negative       dk1/dlogp = 1
 *     k2 = d² / 2               biased, never negative          dk2/dlogp = d
 *     k3 = e^-d - 1 + d         unbiased, never negative        dk3/dlogp = 1 - e^-d
 *
 * As a term of a loss, on tokens the policy drew itself, only k2 has the gradient of KL(policy || reference) in
 * expectation; k1's is 0, and k3's is that of KL(reference || policy).
 */

export type KlEstimator = 'k1' | 'k2' | 'k3'

// e^20 is past any use and its square still fits a float.
const MOST = 20

/** The estimate at one token, in nats. */
export function klEstimate(estimator: KlEstimator, logprob: number, reference: number): number {
  const d = logprob - reference
  if (estimator === 'k1') return d
  if (estimator === 'k2') return (d * d) / 2
  return d < -MOST ? Math.exp(MOST) - 1 - MOST : Math.exp(-d) - 1 + d
}

/** The derivative of the estimate with respect to the policy's log-prob, the reference held. */
export function klSlope(estimator: KlEstimator, logprob: number, reference: number): number {
  const d = logprob - reference
  if (estimator === 'k1') return 1
  if (estimator === 'k2') return d
  return d < -MOST ? 0 : 1 - Math.exp(-d)
}
