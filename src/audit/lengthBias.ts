/**
 * Length bias: the rank correlation of length and value among answers of the same quality. Ranks are taken within each class
 * (right and wrong answers where labels say so, else the answers to one prompt, else all), as shares of the class and less their
 * mean, and correlated over all classes; with one class it is Spearman's.
 */
import { pearson } from '../data/correlation.ts'
import { statisticFigure } from './figure.ts'
import { type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

export const lengthBias: Probe = {
  name: 'lengthBias',
  title: 'Length',
  question: 'Do longer answers of the same quality score higher?',
  async run({ samples, scores, seed }) {
    const items = samples.flatMap(({ prompt, completion, label }, at) => {
      const value = valueIn(scores[at])
      return value === undefined ? [] : [{ prompt: prompt.id, label, length: completion.text.length, value }]
    })
    const labelled = items.every(({ label }) => label !== undefined)
    const several = new Set(items.map(({ prompt }) => prompt)).size < items.length
    const within = labelled ? 'right and wrong ones apart' : several ? 'within each prompt' : 'quality not known'
    const classes = Map.groupBy(items, ({ label, prompt }) => (labelled ? String(label) : several ? prompt : ''))
    const pairs = [...classes.values()].flatMap((group) => {
      const lengths = centredRanks(group.map(({ length }) => length))
      const values = centredRanks(group.map(({ value }) => value))
      return group.map(({ prompt }, i) => ({ prompt, value: [lengths[i], values[i]] as const }))
    })
    const figure = statisticFigure(
      { name: 'correlation', title: `correlation with the value (${within})`, kind: 'number' },
      pairs,
      (list) => pearson(list.map(({ value }) => value)),
      seed,
    )
    if (figure === undefined) return skipped(`lengths or values do not vary (${within})`)
    return { figures: [figure], unscored: unscoredIn(scores) }
  },
}

/** Ranks from -1/2 to 1/2, equal values sharing theirs: (below - above) / 2n. */
function centredRanks(values: readonly number[]): number[] {
  return values.map((value) => {
    let balance = 0
    for (const other of values) balance += Math.sign(value - other)
    return balance / (2 * values.length)
  })
}
