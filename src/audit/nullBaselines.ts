/**
 * Null baselines: how much of the reward's variance is explained by what has nothing to do with being right. A linear model of
 * the length, of the form, or of the position predicts prompts it has not seen (five folds),
 *
 *     explained = 1 - sum (r - predicted)^2 / sum (r - mean of the other folds)^2
 *
 * so that 0 means no better than the mean, and less than 0 worse. A reward may follow length because right answers do: compare
 * with the labels' own.
 */
import { type Figure, type Observed, present, statisticFigure } from './figure.ts'
import { leastSquares } from './leastSquares.ts'
import { type AuditSample, type Probe, type Subject, skipped, unscoredIn, valueIn } from './probe.ts'

const baselines: Readonly<
  Record<string, { title: string; features: (sample: AuditSample, place: Place) => number[] }>
> = {
  length: { title: 'length alone', features: ({ completion: { text } }) => lengthOf(text) },
  format: { title: 'form alone', features: ({ completion: { text } }) => formOf(text) },
  position: { title: 'position alone', features: (_, { inGroup, inFile }) => [inGroup, Number(inGroup === 0), inFile] },
}

interface Place {
  readonly inGroup: number
  readonly inFile: number
}

export const nullBaselines: Probe = {
  name: 'nullBaselines',
  title: 'What blind baselines explain',
  question: "How much of the reward's variance do length, form or position explain by themselves?",
  async run(subject) {
    const { samples, scores } = subject
    if (new Set(samples.map(({ prompt }) => prompt.id)).size < 10) return skipped('there are fewer than ten prompts')
    const values = scores.map(valueIn)
    if (new Set(values.filter((value) => value !== undefined)).size < 2) return skipped('the reward does not vary')
    const labels = samples.map(({ label }) => (label === undefined ? undefined : Number(label)))
    const varied = new Set(labels.filter((label) => label !== undefined)).size === 2
    const figures = Object.entries(baselines).flatMap(([name, { title, features }]) => {
      const rows = featureRows(samples, features)
      return [
        explained(name, `${title}, of the reward`, rows, values, subject),
        varied ? explained(`${name}OfLabels`, `${title}, of the labels`, rows, labels, subject) : undefined,
      ]
    })
    return { figures: present(figures), unscored: unscoredIn(scores) }
  },
}

function featureRows(
  samples: readonly AuditSample[],
  features: (sample: AuditSample, place: Place) => number[],
): number[][] {
  const seen = new Map<string, number>()
  return samples.map((sample, i) => {
    const inGroup = seen.get(sample.prompt.id) ?? 0
    seen.set(sample.prompt.id, inGroup + 1)
    return [1, ...features(sample, { inGroup, inFile: i / samples.length })]
  })
}

/** Squared errors of the model and of the mean on folds of prompts they were not fitted on. */
function explained(
  name: string,
  title: string,
  rows: readonly (readonly number[])[],
  targets: readonly (number | undefined)[],
  { samples, seed }: Subject,
): Figure | undefined {
  const prompts = [...new Set(samples.map(({ prompt }) => prompt.id))]
  const foldOf = new Map(prompts.map((prompt, i) => [prompt, i % 5]))
  const items = targets.flatMap((target, at) =>
    target === undefined
      ? []
      : [{ prompt: samples[at].prompt.id, fold: foldOf.get(samples[at].prompt.id), row: rows[at], target }],
  )
  const errors: Observed<readonly [number, number]>[] = []
  for (let fold = 0; fold < 5; fold++) {
    const fitted = items.filter((item) => item.fold !== fold)
    const weights = leastSquares(
      fitted.map(({ row }) => row),
      fitted.map(({ target }) => target),
    )
    const mean = fitted.reduce((sum, { target }) => sum + target, 0) / fitted.length
    for (const { prompt, row, target } of items.filter((item) => item.fold === fold)) {
      const predicted = row.reduce((sum, feature, k) => sum + feature * weights[k], 0)
      errors.push({ prompt, value: [(target - predicted) ** 2, (target - mean) ** 2] })
    }
  }
  return statisticFigure(
    { name, title, kind: 'number' },
    errors,
    (list) => {
      const [model, plain] = [0, 1].map((side) => list.reduce((sum, { value }) => sum + value[side], 0))
      return plain === 0 ? undefined : 1 - model / plain
    },
    seed,
  )
}

function lengthOf(text: string): number[] {
  const words = text.split(/\s+/).filter((word) => word !== '').length
  return [Math.log1p(text.length), Math.log1p(words), Math.log1p(words) ** 2]
}

function formOf(text: string): number[] {
  const has = (pattern: RegExp) => Number(pattern.test(text))
  return [
    has(/\\boxed|####/),
    has(/\*\*/),
    has(/^\s*(?:[-*]|\d+[.)])\s/m),
    has(/^#+\s/m),
    has(/```/),
    has(/[.!?]\s*$/),
    has(/\$|\\\(/),
    Math.log1p((text.match(/\n/g) ?? []).length),
    (text.match(/\d/g) ?? []).length / Math.max(1, text.length),
  ]
}
