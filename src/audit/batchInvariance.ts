/**
 * Batch invariance: the samples in one call, their prompts shuffled, against the samples one by one. A reward that takes
 * statistics from its call, or whose server batches numerically, gives other scores.
 */
import { random } from '../data/random.ts'
import { meanFigure, present, shareFigure } from './figure.ts'
import { type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

export const batchInvariance: Probe = {
  name: 'batchInvariance',
  title: 'Company',
  question: "Does an answer's score depend on what else is in the call?",
  async run({ samples, scores, together, width, seed }) {
    if (samples.length < 2) return skipped('there are not two answers')
    const groups = [...Map.groupBy(samples.keys(), (at) => samples[at].prompt.id).values()]
    const order = random(`${seed}/batch`).shuffle(groups).flat()
    const joint = await together(order.map((at) => samples[at]))
    const pairs = order.flatMap((at, i) => {
      const [alone, among] = [valueIn(scores[at]), valueIn(joint[i])]
      return alone === undefined || among === undefined
        ? []
        : [{ prompt: samples[at].prompt.id, change: Math.abs(alone - among) / width }]
    })
    return {
      figures: present([
        shareFigure(
          'changed',
          'scores that differ',
          pairs.map(({ prompt, change }) => ({ prompt, value: change > 1e-6 })),
        ),
        meanFigure(
          'shift',
          'mean size of the change',
          pairs.map(({ prompt, change }) => ({ prompt, value: change })),
          seed,
        ),
      ]),
      unscored: unscoredIn(joint),
    }
  },
}
