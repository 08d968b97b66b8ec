/** Self-consistency: the same answer twice in one call, which should get the same score twice. */
import { present, shareFigure } from './figure.ts'
import { type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

export const selfConsistency: Probe = {
  name: 'selfConsistency',
  title: 'The same answer twice',
  question: 'Do two copies of one answer in one call get the same score?',
  async run({ samples, together, width }) {
    const groups = [...Map.groupBy(samples, ({ prompt }) => prompt.id).entries()]
    if (groups.length === 0) return skipped('there are no answers')
    let unscored = 0
    const unequal = await Promise.all(
      groups.map(async ([prompt, group]) => {
        const scores = await together([...group, group[0]])
        unscored += unscoredIn(scores)
        const [first, copy] = [valueIn(scores[0]), valueIn(scores.at(-1))]
        if (first === undefined || copy === undefined) return []
        return [{ prompt, value: Math.abs(first - copy) > 1e-6 * width }]
      }),
    )
    return { figures: present([shareFigure('unequal', 'copies that score differently', unequal.flat())]), unscored }
  },
}
