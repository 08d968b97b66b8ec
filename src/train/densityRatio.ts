/**
 * Density-ratio matching (BCO, Jung et al. 2024, first version; TRL's `bco`): undesirable answers may come from other prompts
 * than desirable ones. A logistic regression on prompt embeddings, with balanced classes, tells the two apart, and an
 * undesirable answer counts by how likely its prompt is among the desirable ones:
 *
 *     w(x) = clamp( p / (1 - p), 0.5, 10 ),   p = P(prompt of a desirable answer | embedding)
 */
import { GuerdonError } from '../data/error.ts'
import type { Feedback } from '../data/rollout.ts'
import type { Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'

export interface DensityRatioOptions {
  /** Default [0.5, 10]. */
  readonly clamp?: readonly [least: number, most: number]
  /** Ridge penalty on the weights of standardised features. Default 1. */
  readonly ridge?: number
}

/**
 * The same answers with their weights: desirable ones 1. Embeddings are means of the policy's last hidden states over the
 * prompt. Throws a GuerdonError where one of the classes is missing.
 */
export async function matchPrompts(
  policy: Policy,
  feedback: readonly Feedback[],
  options: DensityRatioOptions = {},
): Promise<Feedback[]> {
  const sequences = feedback.map(({ sample }) => {
    const tokens = promptTokens(policy, sample.prompt)
    // A token to ask about: the states before it are those of the prompt.
    return { tokens: Int32Array.of(...tokens, 0), promptLength: tokens.length }
  })
  const embeddings: Float64Array[] = []
  const together = 64
  for (let at = 0; at < sequences.length; at += together) {
    const piece = sequences.slice(at, at + together)
    const read = await policy.forward(piece, ['hidden'], { over: 'all' })
    read.forEach(({ hidden = new Float32Array(0) }, i) => {
      embeddings.push(rowMean(hidden, piece[i].promptLength))
    })
  }
  const weights = densityRatios(
    embeddings,
    feedback.map(({ desirable }) => desirable),
    options,
  )
  return feedback.map((each, i) => (each.desirable ? each : { ...each, weight: weights[i] }))
}

/** w(x) of each embedding. */
export function densityRatios(
  embeddings: readonly Float64Array[],
  desirable: readonly boolean[],
  { clamp: [least, most] = [0.5, 10], ridge = 1 }: DensityRatioOptions = {},
): number[] {
  const up = desirable.filter(Boolean).length
  const down = desirable.length - up
  if (up === 0 || down === 0)
    throw new GuerdonError(`${up} desirable and ${down} undesirable answers: there is no ratio between the two`, {
      fix: 'leave the matching out, or give answers of both kinds',
    })
  const rows = standardised(embeddings)
  const weights = desirable.map((yes) => desirable.length / (2 * (yes ? up : down)))
  const logits = logisticRegression(rows, desirable, weights, ridge)
  // p / (1 - p) is e to the logit.
  return logits.map((logit) => Math.min(most, Math.max(least, Math.exp(logit))))
}

/** Newton's method on the weighted log-loss with a ridge (not on the constant); gives each row's logit. */
function logisticRegression(
  rows: readonly Float64Array[],
  labels: readonly boolean[],
  weights: readonly number[],
  ridge: number,
): number[] {
  const size = rows[0].length + 1
  const features = rows.map((row) => Float64Array.of(...row, 1))
  const theta = new Float64Array(size)
  const logit = (row: Float64Array) => row.reduce((sum, value, k) => sum + value * theta[k], 0)
  for (let round = 0; round < 25; round++) {
    const slope = theta.map((value, k) => (k < size - 1 ? ridge * value : 0))
    const curvature = Array.from({ length: size }, (_, k) => {
      const line = new Float64Array(size)
      // A little on the constant too keeps the system solvable.
      line[k] = k < size - 1 ? ridge : 1e-9
      return line
    })
    features.forEach((row, i) => {
      const p = 1 / (1 + Math.exp(-logit(row)))
      const error = weights[i] * (p - (labels[i] ? 1 : 0))
      const bend = weights[i] * p * (1 - p)
      for (let a = 0; a < size; a++) {
        slope[a] += error * row[a]
        for (let b = 0; b <= a; b++) curvature[a][b] += bend * row[a] * row[b]
      }
    })
    const step = solveSymmetric(curvature, slope)
    for (let k = 0; k < size; k++) theta[k] -= step[k]
    if (step.every((value) => Math.abs(value) < 1e-9)) break
  }
  return features.map(logit)
}

/** x of A x = b by Cholesky's factors; the lower triangle of A is read and overwritten. */
function solveSymmetric(a: readonly Float64Array[], b: Float64Array): Float64Array {
  const n = b.length
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i][j]
      for (let k = 0; k < j; k++) sum -= a[i][k] * a[j][k]
      a[i][j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j][j]
    }
  const x = b.slice()
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= a[i][k] * x[k]
    x[i] /= a[i][i]
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i] -= a[k][i] * x[k]
    x[i] /= a[i][i]
  }
  return x
}

/** Features of mean 0 and deviation 1; constant ones become 0. */
function standardised(rows: readonly Float64Array[]): Float64Array[] {
  const size = rows[0].length
  const mean = new Float64Array(size)
  const square = new Float64Array(size)
  for (const row of rows)
    for (let k = 0; k < size; k++) {
      mean[k] += row[k] / rows.length
      square[k] += row[k] ** 2 / rows.length
    }
  const deviation = square.map((value, k) => Math.sqrt(Math.max(0, value - mean[k] ** 2)))
  return rows.map((row) => row.map((value, k) => (deviation[k] > 1e-9 ? (value - mean[k]) / deviation[k] : 0)))
}

function rowMean(matrix: Float32Array, rows: number): Float64Array {
  const width = matrix.length / rows
  const mean = new Float64Array(width)
  for (let i = 0; i < matrix.length; i++) mean[i % width] += matrix[i] / rows
  return mean
}
