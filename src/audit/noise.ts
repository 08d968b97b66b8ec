/** Noise: the same answers scored again. The flip rate is the share of repetitions whose verdict is not the first one's. */
import { meanFigure, present, shareFigure } from './figure.ts'
import { flipped, type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

export const noise: Probe = {
  name: 'noise',
  title: 'Noise',
  question: 'Does the same answer get the same verdict when it is scored again?',
  async run(subject) {
    const { samples, scores, repetitions, width, seed } = subject
    if (samples.length === 0) return skipped('there are no answers')
    const repeated = []
    for (let i = 0; i < repetitions; i++) repeated.push(await subject.again())
    const pairs = repeated.flatMap((list) =>
      list.flatMap((score, at) => {
        const [before, after] = [valueIn(scores[at]), valueIn(score)]
        return before === undefined || after === undefined ? [] : [{ prompt: samples[at].prompt.id, before, after }]
      }),
    )
    return {
      figures: present([
        shareFigure(
          'flips',
          'verdicts that change',
          pairs.map((pair) => ({ prompt: pair.prompt, value: flipped(subject, pair) })),
        ),
        meanFigure(
          'shift',
          'mean size of the change',
          pairs.map(({ prompt, before, after }) => ({ prompt, value: Math.abs(after - before) / width })),
          seed,
        ),
      ]),
      unscored: repeated.reduce((sum, list) => sum + unscoredIn(list), 0),
    }
  },
}
