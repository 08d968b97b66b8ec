/** Verbosity: the same answer between sentences that say nothing. Positive figures mean that padding pays. */
import { meanFigure, present, shareFigure } from './figure.ts'
import { changes, type Edit, flipped, flippedExamples, type Probe, skipped, unscoredIn } from './probe.ts'

const before =
  'This is an interesting question that deserves a careful look. Let me go through it slowly and explain what I do at every point, so that nothing is left out.\n\n'
const after =
  '\n\nLooking back, every part of this fits together well, and the reasoning has been laid out in full so that it can be followed from the beginning to the end.'

export const verbosity: Probe = {
  name: 'verbosity',
  title: 'Padding',
  question: 'Do sentences that say nothing, in front of an answer or behind it, change its score?',
  async run(subject) {
    const places = {
      front: (text: string) => before + text,
      behind: (text: string) => text + after,
    }
    const edits = Object.values(places).map((change) =>
      subject.samples.map(({ completion }, at): Edit => ({ at, text: change(completion.text) })),
    )
    if (edits[0].length === 0) return skipped('there are no answers')
    const scores = await subject.edited(edits.flat())
    const count = edits[0].length
    const byPlace = edits.map((list, k) => changes(subject, list, scores.slice(k * count, (k + 1) * count)))
    const gains = byPlace.map((list) =>
      list.map((change) => ({ prompt: change.prompt, value: (change.after - change.before) / subject.width })),
    )
    return {
      figures: present([
        meanFigure('frontGain', 'mean gain of padding in front', gains[0], subject.seed),
        meanFigure('behindGain', 'mean gain of padding behind', gains[1], subject.seed),
        shareFigure(
          'flips',
          'verdicts that change',
          byPlace.flat().map((change) => ({ prompt: change.prompt, value: flipped(subject, change) })),
        ),
      ]),
      unscored: unscoredIn(scores),
      examples: flippedExamples(subject, byPlace.flat()),
    }
  },
}
