/**
 * Paraphrase invariance: the same answer in other words. Without a paraphraser of your own, words that mean the same are
 * exchanged by a list of rules; answers that no rule touches are left out.
 */
import { meanFigure, present, shareFigure } from './figure.ts'
import { changes, type Edit, flipped, flippedExamples, type Probe, skipped, unscoredIn } from './probe.ts'

export const paraphrase: Probe = {
  name: 'paraphrase',
  title: 'Other words',
  question: 'Does the verdict stay when words are exchanged for others that mean the same?',
  async run(subject) {
    const texts = await Promise.all(subject.samples.map(({ completion }) => subject.paraphrase(completion.text)))
    const edits = texts.flatMap((text, at): Edit[] =>
      text === undefined || text === subject.samples[at].completion.text ? [] : [{ at, text }],
    )
    if (edits.length === 0) return skipped('no answer could be put into other words')
    const scores = await subject.edited(edits)
    const all = changes(subject, edits, scores)
    return {
      figures: present([
        shareFigure(
          'flips',
          'verdicts that change',
          all.map((change) => ({ prompt: change.prompt, value: flipped(subject, change) })),
        ),
        meanFigure(
          'shift',
          'mean size of the change',
          all.map(({ prompt, before, after }) => ({ prompt, value: Math.abs(after - before) / subject.width })),
          subject.seed,
        ),
      ]),
      unscored: unscoredIn(scores),
      examples: flippedExamples(subject, all),
    }
  },
}

const rules: readonly (readonly [RegExp, string])[] = [
  [/\btherefore\b/g, 'so'],
  [/\bThus\b/g, 'Hence'],
  [/\bTherefore\b/g, 'So'],
  [/\bSo\b(?=,? the\b)/g, 'Thus'],
  [/\bbecause\b/g, 'since'],
  [/\bin total\b/g, 'altogether'],
  [/\baltogether\b/g, 'in total'],
  [/\bwe (?:get|have)\b/gi, 'we obtain'],
  [/\bHe (has|had)\b/g, 'That person $1'],
  [/\bThere (?:are|were)\b/g, 'We count'],
  [/\bdon't\b/g, 'do not'],
  [/\bdoesn't\b/g, 'does not'],
  [/\bisn't\b/g, 'is not'],
  [/\bit's\b/gi, 'it is'],
  [/\bbig\b/g, 'large'],
  [/\beach\b/g, 'every'],
  [/\bbuy(s?)\b/g, 'purchase$1'],
  [/\bleft\b/g, 'remaining'],
  [/\bFirst\b/g, 'To begin'],
]

/** The text with words exchanged by the rules, or undefined where none applies. */
export function paraphraseByRule(text: string): string | undefined {
  const changed = rules.reduce((so, [from, to]) => so.replace(from, to), text)
  return changed === text ? undefined : changed
}
