/**
 * AlignDistil's teacher (2025, arXiv 2503.02832): RLHF with a DPO model's token reward is the same as distilling, token by
 * token over the whole vocabulary, a teacher whose logits combine two models'. With a DPO model and a reverse one (trained
 * on turned pairs), more strongly where they disagree (eq. 12-17):
 *
 *     z* = z_dpo + α_t (z_dpo - z_rev),   α_t = r TVD_t + ε,   TVD_t = 1/2 Σ_v |π_dpo(v) - π_rev(v)|,   β_t = β0 / α_t
 *
 * Loss (eq. 18-19): mean over answers of 1/|y| Σ_t β_t KL(π_θ || softmax z*). Theorem 1 is the same with the reference in
 * the place of both anchor and reverse model: z* = z_ref + α (z_dpo - z_ref), α = β0 / β.
 */
import { GuerdonError } from '../data/error.ts'

export interface AlignDistilOptions {
  /** β0, the beta of the DPO training. Default 0.1. */
  readonly beta?: number
  /** 'adaptive' by r and ε, or one α for all tokens. Default adaptive, r = 10 and ε = 0.001. */
  readonly strength?: { readonly r: number; readonly epsilon: number } | number
  /** β_t is at most this: ε alone lets it rise to β0 / ε where the models agree. Default: no limit. */
  readonly mostWeight?: number
}

export interface TeacherRows {
  /** Log-probs, row-major [tokens, vocabulary]. */
  readonly distribution: Float32Array
  /** β_t, one a token. */
  readonly weights: Float32Array
  /** α_t, one a token. */
  readonly strengths: Float32Array
}

/** The teacher of each token from log-probs of the whole vocabulary, row-major. The anchor is the DPO model itself. */
export function alignDistilTeacher(
  dpo: Float32Array,
  reverse: Float32Array,
  vocabulary: number,
  options: AlignDistilOptions = {},
): TeacherRows {
  const { strength = { r: 10, epsilon: 0.001 } } = options
  return extrapolated(dpo, dpo, reverse, vocabulary, options, (a, b, start) => {
    if (typeof strength === 'number') return strength
    let distance = 0
    for (let v = start; v < start + vocabulary; v++) distance += Math.abs(Math.exp(a[v]) - Math.exp(b[v]))
    return (strength.r * distance) / 2 + strength.epsilon
  })
}

/** Theorem 1's teacher: the optimum of RLHF with DPO's token reward β0 log(π_dpo / π_ref) and KL weight β; all β_t are β. */
export function rlhfTeacher(
  dpo: Float32Array,
  reference: Float32Array,
  vocabulary: number,
  options: { readonly beta: number; readonly kl: number },
): TeacherRows {
  return extrapolated(reference, dpo, reference, vocabulary, options, () => options.beta / options.kl)
}

/** softmax(anchor + α (towards - away)), row by row. */
function extrapolated(
  anchor: Float32Array,
  towards: Float32Array,
  away: Float32Array,
  vocabulary: number,
  { beta = 0.1, mostWeight = Number.POSITIVE_INFINITY }: AlignDistilOptions,
  strengthAt: (towards: Float32Array, away: Float32Array, start: number) => number,
): TeacherRows {
  if (towards.length !== away.length || towards.length % vocabulary !== 0)
    throw new GuerdonError(`${towards.length} and ${away.length} numbers for a vocabulary of ${vocabulary}`, {
      fix: 'both models must have one vocabulary and read the same tokens',
    })
  const tokens = towards.length / vocabulary
  const distribution = new Float32Array(towards.length)
  const [weights, strengths] = [new Float32Array(tokens), new Float32Array(tokens)]
  for (let t = 0; t < tokens; t++) {
    const [start, end] = [t * vocabulary, (t + 1) * vocabulary]
    const alpha = strengthAt(towards, away, start)
    let peak = Number.NEGATIVE_INFINITY
    for (let v = start; v < end; v++) {
      distribution[v] = anchor[v] + alpha * (towards[v] - away[v])
      peak = Math.max(peak, distribution[v])
    }
    let mass = 0
    for (let v = start; v < end; v++) mass += Math.exp(distribution[v] - peak)
    const logMass = peak + Math.log(mass)
    for (let v = start; v < end; v++) distribution[v] -= logMass
    strengths[t] = alpha
    weights[t] = Math.min(mostWeight, beta / alpha)
  }
  return { distribution, weights, strengths }
}
