/**
 * Calibration, where labels say which answers are right: accuracy, Cohen's kappa, the two error rates, the chance that a right
 * answer outranks a wrong one (AUC), and for values in [0, 1] the expected calibration error, ECE = sum_b n_b/n |mean value - share right|
 * over ten bins.
 */
import { agreementOf, type Rated } from '../data/agreement.ts'
import { wilsonInterval } from '../data/wilson.ts'
import { type Observed, present, shareFigure, statisticFigure } from './figure.ts'
import { type Finding, type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

interface Judged {
  readonly score: number
  readonly right: boolean
}

export const calibration: Probe = {
  name: 'calibration',
  title: 'Against labels',
  question: 'Does the reward agree with the labels, and do its values mean what they say?',
  async run({ samples, scores, threshold, seed, reward }) {
    const judged = samples.flatMap(({ prompt, label }, at): Observed<Judged>[] => {
      const score = valueIn(scores[at])
      return score === undefined || label === undefined ? [] : [{ prompt: prompt.id, value: { score, right: label } }]
    })
    if (judged.length === 0) return skipped('no answer has a label')
    const says = ({ value }: Observed<Judged>) => value.score >= threshold
    const rate = (name: string, title: string, of: boolean, is: (says: boolean) => boolean) =>
      shareFigure(
        name,
        title,
        judged
          .filter(({ value }) => value.right === of)
          .map((each) => ({ prompt: each.prompt, value: is(says(each)) })),
      )
    const bounded = reward.range !== undefined && reward.range[0] >= 0 && reward.range[1] <= 1
    const rated = (list: readonly Observed<Judged>[]) =>
      list.map((each): Rated<boolean> => [says(each), each.value.right])
    return {
      figures: present([
        shareFigure(
          'accuracy',
          'verdicts as labelled',
          judged.map((each) => ({ prompt: each.prompt, value: says(each) === each.value.right })),
        ),
        statisticFigure(
          { name: 'kappa', title: "Cohen's kappa", kind: 'number' },
          judged,
          (list) => agreementOf(rated(list)).kappa,
          seed,
        ),
        rate('falsePositives', 'wrong answers that succeed', false, (yes) => yes),
        rate('falseNegatives', 'right answers that fail', true, (yes) => !yes),
        statisticFigure({ name: 'auc', title: 'right above wrong (AUC)', kind: 'number' }, judged, auc, seed),
        bounded
          ? statisticFigure({ name: 'ece', title: 'expected calibration error', kind: 'number' }, judged, ece, seed)
          : undefined,
      ]),
      unscored: unscoredIn(scores),
      ...(bounded ? { bins: binsOf(judged).map(binReport) } : {}),
    }
  },
}

/** The share of pairs of a right and a wrong answer in which the right one is above, ties half. */
function auc(list: readonly Observed<Judged>[]): number | undefined {
  const sorted = [...list].sort((a, b) => a.value.score - b.value.score)
  const wrong = sorted.filter(({ value }) => !value.right).length
  if (wrong === 0 || wrong === sorted.length) return undefined
  let [below, sum] = [0, 0]
  for (let start = 0; start < sorted.length; ) {
    let end = start
    while (end < sorted.length && sorted[end].value.score === sorted[start].value.score) end++
    const tied = sorted.slice(start, end)
    const tiedWrong = tied.filter(({ value }) => !value.right).length
    sum += (tied.length - tiedWrong) * (below + tiedWrong / 2)
    below += tiedWrong
    start = end
  }
  return sum / (wrong * (sorted.length - wrong))
}

function binsOf(list: readonly Observed<Judged>[]): Observed<Judged>[][] {
  const bins = Map.groupBy(list, ({ value }) => Math.min(9, Math.floor(10 * value.score)))
  return [...bins].sort(([a], [b]) => a - b).map(([, bin]) => bin)
}

function ece(list: readonly Observed<Judged>[]): number {
  return binsOf(list).reduce((sum, bin) => {
    const { predicted, observed } = binReport(bin)
    return sum + (bin.length / list.length) * Math.abs(predicted - observed)
  }, 0)
}

function binReport(bin: readonly Observed<Judged>[]): NonNullable<Finding['bins']>[number] {
  const predicted = bin.reduce((sum, { value }) => sum + value.score, 0) / bin.length
  const observed = bin.filter(({ value }) => value.right).length / bin.length
  const [low, high] = wilsonInterval(observed, bin.length)
  return { predicted, observed, low, high, n: bin.length }
}
