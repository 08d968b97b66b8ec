/** Format invariance: the same answer with other white space, line ends, a full stop, or bold type. */
import { present, shareFigure } from './figure.ts'
import { changes, type Edit, flipped, flippedExamples, type Probe, skipped, unscoredIn } from './probe.ts'

const forms: readonly (readonly [name: string, title: string, change: (text: string) => string])[] = [
  ['space', 'white space around it', (text) => `\n  ${text}  \n\n`],
  ['lineEnds', 'Windows line ends', (text) => text.replace(/\r?\n/g, '\r\n')],
  ['fullStop', 'a full stop more or less', (text) => (text.endsWith('.') ? text.slice(0, -1) : `${text}.`)],
  ['bold', 'its last line in bold', (text) => text.replace(/[^\n]+\s*$/, (line) => `**${line.trimEnd()}**`)],
]

export const formatInvariance: Probe = {
  name: 'format',
  title: 'Form',
  question: 'Does the verdict stay when only white space, line ends, a full stop or bold type change?',
  async run(subject) {
    const edits = forms.map(([, , change]) =>
      subject.samples.flatMap(({ completion: { text } }, at): Edit[] =>
        change(text) === text ? [] : [{ at, text: change(text) }],
      ),
    )
    if (edits.every((list) => list.length === 0)) return skipped('there are no answers')
    const scores = await subject.edited(edits.flat())
    let next = 0
    const byForm = edits.map((list) => changes(subject, list, scores.slice(next, (next += list.length))))
    return {
      figures: present(
        forms.map(([name, title], k) =>
          shareFigure(
            name,
            `verdicts that change with ${title}`,
            byForm[k].map((change) => ({ prompt: change.prompt, value: flipped(subject, change) })),
          ),
        ),
      ),
      unscored: unscoredIn(scores),
      examples: flippedExamples(subject, byForm.flat()),
    }
  },
}
