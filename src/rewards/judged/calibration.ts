/**
 * A judge against human labels: can its scores be believed? Labels of two classes are compared with the value at a
 * threshold (accuracy with Wilson's interval, Cohen's kappa with a bootstrap one), labels on a scale by correlation.
 * What the judge could not score counts in neither and is reported.
 */
import { agreementOf, type Rated } from '../../data/agreement.ts'
import { bootstrapInterval } from '../../data/bootstrap.ts'
import { pearson, spearman } from '../../data/correlation.ts'
import { GuerdonError } from '../../data/error.ts'
import type { Score } from '../../data/score.ts'
import { wilsonInterval } from '../../data/wilson.ts'

export type Interval = readonly [low: number, high: number]

export interface Calibration {
  /** Rows with a label that were scored. */
  readonly n: number
  /** Rows that were not, by where the judge failed. */
  readonly unscored: Readonly<Partial<Record<string, number>>>
  /** Of labels of two classes. */
  readonly classes?: {
    readonly threshold: number
    readonly accuracy: number
    readonly accuracyInterval: Interval
    /** Null where chance explains everything. */
    readonly kappa: number | null
    readonly kappaInterval: Interval | null
    readonly macroF1: number
    /** Rows by what the judge and the label say. */
    readonly truePositives: number
    readonly falsePositives: number
    readonly falseNegatives: number
    readonly trueNegatives: number
  }
  /** Of labels that are numbers. */
  readonly numbers?: {
    readonly pearson: number | null
    readonly spearman: number | null
    readonly spearmanInterval: Interval | null
  }
}

export interface CalibrateOptions {
  /** A value at or above it is a yes. Default 0.5. */
  readonly threshold?: number
  /** Seed of the bootstrap. Default 1. */
  readonly seed?: number | string
}

/** A label: true or false, or a number. */
export type Label = boolean | number

/**
 * How scores agree with labels, index by index. Labels of numbers that are all 0 or 1 are taken as false and true. Throws
 * a GuerdonError for labels of both kinds, or none.
 */
export function calibrate(
  scores: readonly Score[],
  labels: readonly Label[],
  options: CalibrateOptions = {},
): Calibration {
  const { threshold = 0.5, seed = 1 } = options
  if (scores.length !== labels.length || labels.length === 0)
    throw new GuerdonError(`${labels.length} labels for ${scores.length} scores: nothing to compare`)
  const kinds = new Set(labels.map((label) => typeof label))
  if (kinds.size > 1) throw new GuerdonError('some labels are numbers and some are true or false')
  const unscored: Partial<Record<string, number>> = {}
  const pairs: [number, Label][] = []
  scores.forEach((score, i) => {
    if (score.kind === 'scored') pairs.push([score.value, labels[i]])
    else unscored[score.at] = (unscored[score.at] ?? 0) + 1
  })
  const binary = labels.every((label) => typeof label === 'boolean' || label === 0 || label === 1)
  const measured = binary ? { classes: classesOf(pairs, threshold, seed) } : { numbers: numbersOf(pairs, seed) }
  return { n: pairs.length, unscored, ...measured }
}

type Pairs = readonly (readonly [value: number, label: Label])[]

function classesOf(pairs: Pairs, threshold: number, seed: number | string): NonNullable<Calibration['classes']> {
  const rated = pairs.map(([value, label]): Rated<boolean> => [value >= threshold, Boolean(label)])
  const { n, accuracy, kappa, macroF1 } = agreementOf(rated)
  const count = (judged: boolean, label: boolean) => rated.filter(([a, b]) => a === judged && b === label).length
  return {
    threshold,
    accuracy,
    accuracyInterval: wilsonInterval(accuracy, n),
    kappa: kappa ?? null,
    kappaInterval: bootstrapInterval(rated, (sample) => agreementOf(sample).kappa, { seed }) ?? null,
    macroF1,
    truePositives: count(true, true),
    falsePositives: count(true, false),
    falseNegatives: count(false, true),
    trueNegatives: count(false, false),
  }
}

function numbersOf(pairs: Pairs, seed: number | string): NonNullable<Calibration['numbers']> {
  const both = pairs.map(([value, label]): [number, number] => [value, Number(label)])
  return {
    pearson: pearson(both) ?? null,
    spearman: spearman(both) ?? null,
    spearmanInterval: bootstrapInterval(both, spearman, { seed }) ?? null,
  }
}
