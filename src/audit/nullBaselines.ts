/**
 * Null baselines: how much of the reward's variance is explained by what has nothing to do with being right. A linear model of
 * the length, of the form, or of the position predicts prompts it has not seen (five folds),
 *
 *     explained = 1 - sum (r - predicted)^2 / sum (r - mean of the other folds)^2
 *
 * so that 0 means no better than the mean, and less than 0 worse. A reward may follow length because right answers do: where there
 * are labels, what is explained of them is taken off.
 */
import { type Observed, present, statisticFigure } from './figure.ts'
import { leastSquares } from './leastSquares.ts'
import { type AuditSample, type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

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
      const ofReward = squaredErrors(rows, values, samples)
      const rewarded = ofReward.filter((each) => each !== undefined)
      const figure = (
        suffix: string,
        what: string,
        list: readonly Observed<Errors>[],
        of: (list: Errors[]) => number,
      ) =>
        statisticFigure(
          { name: `${name}${suffix}`, title: `${title}, ${what}`, kind: 'number' },
          list,
          (drawn) => of(drawn.map(({ value }) => value)),
          subject.seed,
        )
      if (!varied) return figure('', 'of the reward', rewarded, (list) => explained(list, 0))
      const ofLabels = squaredErrors(rows, labels, samples)
      const both = ofReward.flatMap((own, at): Observed<Errors>[] => {
        const other = ofLabels[at]
        return other === undefined || own === undefined ? [] : [{ ...own, value: [...own.value, ...other.value] }]
      })
      return [
        figure('OfReward', 'of the reward', both, (list) => explained(list, 0)),
        figure('OfLabels', 'of the labels', both, (list) => explained(list, 2)),
        figure(
          'Excess',
          'of the reward more than of the labels',
          both,
          (list) => explained(list, 0) - explained(list, 2),
        ),
      ]
    })
    return { figures: present(figures), unscored: unscoredIn(scores) }
  },
}

/** Squared errors of the model and of the mean, one pair after the other. */
type Errors = readonly number[]

/** 1 less the ratio of the sums of the errors at `from` and behind it. */
function explained(list: readonly Errors[], from: number): number {
  const [model, plain] = [from, from + 1].map((at) => list.reduce((sum, errors) => sum + errors[at], 0))
  return 1 - model / plain
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

/** Of each sample with a target, on the fold of prompts that its model was not fitted on; undefined for the others. */
function squaredErrors(
  rows: readonly (readonly number[])[],
  targets: readonly (number | undefined)[],
  samples: readonly AuditSample[],
): (Observed<Errors> | undefined)[] {
  const prompts = [...new Set(samples.map(({ prompt }) => prompt.id))]
  const folds = new Map(prompts.map((prompt, i) => [prompt, i % 5]))
  const foldOf = (at: number) => folds.get(samples[at].prompt.id)
  const models = [0, 1, 2, 3, 4].map((fold) => {
    const fitted = targets.flatMap((target, at) =>
      target === undefined || foldOf(at) === fold ? [] : [{ at, target }],
    )
    const known = fitted.map(({ target }) => target)
    const weights = leastSquares(
      fitted.map(({ at }) => rows[at]),
      known,
    )
    return { weights, mean: known.reduce((sum, target) => sum + target, 0) / known.length }
  })
  return targets.map((target, at) => {
    const model = models[foldOf(at) ?? 0]
    if (target === undefined) return undefined
    const predicted = rows[at].reduce((sum, feature, k) => sum + feature * model.weights[k], 0)
    return { prompt: samples[at].prompt.id, value: [(target - predicted) ** 2, (target - model.mean) ** 2] }
  })
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
