/** Accuracy against what it cost: the same evaluations over sampled tokens and over seconds of training. */
import type { Curve, StepProgress } from 'guerdon/train'
import type { Budget } from './creditArm.ts'

/** Held-out accuracy over thousands of sampled tokens, read at round numbers so that seeds can be averaged. */
export function byCost(history: readonly StepProgress[], budget: Budget): Record<string, Curve> {
  const answers = budget.prompts * budget.groupSize
  let tokens = 0
  const points: { at: number; accuracy: number }[] = []
  for (const { metrics } of history) {
    tokens += ((metrics.completionLength ?? 0) * answers) / 1000
    if (metrics.accuracy !== undefined) points.push({ at: tokens, accuracy: metrics.accuracy })
  }
  return { 'Held-out accuracy by tokens': { axis: 'thousand tokens', ...onGrid(points, 5) } }
}

/** Linear between the points, at the multiples of `width` within them. */
function onGrid(points: readonly { readonly at: number; readonly accuracy: number }[], width: number) {
  const last = points.at(-1)?.at ?? 0
  const steps = Array.from({ length: Math.floor(last / width) + 1 }, (_, k) => k * width)
  return {
    steps,
    values: steps.map((x) => {
      const right = points.findIndex(({ at }) => at >= x)
      if (right <= 0) return points[0]?.accuracy ?? Number.NaN
      const [a, b] = [points[right - 1], points[right]]
      return b.at === a.at ? b.accuracy : a.accuracy + ((x - a.at) / (b.at - a.at)) * (b.accuracy - a.accuracy)
    }),
  }
}
