/**
 * Length bias: Spearman's correlation of an answer's length with its value, after what is known of its quality has been
 * taken out: the mean of its label's class, else the mean of its prompt's answers, else nothing.
 */
import { spearman } from '../data/correlation.ts'
import { present, statisticFigure } from './figure.ts'
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
      const mean = (key: 'length' | 'value') => group.reduce((sum, each) => sum + each[key], 0) / group.length
      const [length, value] = [mean('length'), mean('value')]
      return group.map((each) => ({ prompt: each.prompt, value: [each.length - length, each.value - value] as const }))
    })
    const figure = statisticFigure(
      { name: 'correlation', title: `correlation with the value (${within})`, kind: 'number' },
      pairs,
      (list) => spearman(list.map(({ value }) => value)),
      seed,
    )
    if (figure === undefined) return skipped(`lengths or values do not vary (${within})`)
    return { figures: present([figure]), unscored: unscoredIn(scores) }
  },
}
