/** What a probe is given and what it says. */
import type { Sample } from '../data/message.ts'
import type { Score } from '../data/score.ts'
import type { Reward } from '../rewards/reward.ts'
import type { Figure } from './figure.ts'

/** An answer, with whether it is right where that is known. */
export interface AuditSample extends Sample {
  readonly label?: boolean
}

/** One answer of the audited data with another text. */
export interface Edit {
  /** The answer's position in `samples`. */
  readonly at: number
  readonly text: string
}

export interface Subject {
  readonly reward: Reward
  readonly samples: readonly AuditSample[]
  /** What the reward says of the samples as they are. */
  readonly scores: readonly Score[]
  /** A value at or above it counts as a success. */
  readonly threshold: number
  /** The width of the reward's range, in which changes are counted. */
  readonly width: number
  readonly repetitions: number
  readonly seed: number | string
  /** Scores answers with other texts; a listwise reward sees each among the prompt's other answers. */
  readonly edited: (edits: readonly Edit[]) => Promise<readonly Score[]>
  /** Scores the samples again, one by one (prompt by prompt for a listwise reward). */
  readonly again: () => Promise<readonly Score[]>
  /** One call of the reward with all of these. */
  readonly together: (samples: readonly Sample[]) => Promise<readonly Score[]>
  /** Answers that say nothing. */
  readonly keys: readonly string[]
  readonly paraphrase: (text: string) => string | undefined | Promise<string | undefined>
}

/** One answer that shows what a figure counts. */
export interface Example {
  readonly prompt: string
  readonly answer: string
  readonly before?: number
  readonly after: number
}

export interface Finding {
  readonly figures: readonly Figure[]
  /** Answers that the reward could not score. */
  readonly unscored: number
  readonly examples?: readonly Example[]
  /** Predicted against observed, for a plot. */
  readonly bins?: readonly {
    readonly predicted: number
    readonly observed: number
    readonly low: number
    readonly high: number
    readonly n: number
  }[]
  /** Why there are no figures. */
  readonly skipped?: string
}

export interface Probe {
  readonly name: string
  readonly title: string
  /** What it asks, in one sentence. */
  readonly question: string
  readonly run: (subject: Subject) => Promise<Finding>
}

/** A probe that has nothing to measure here. */
export function skipped(reason: string): Finding {
  return { figures: [], unscored: 0, skipped: reason }
}

/** The value, or undefined for what was not scored. */
export function valueIn(score: Score | undefined): number | undefined {
  return score?.kind === 'scored' ? score.value : undefined
}

export function unscoredIn(scores: readonly Score[]): number {
  return scores.filter(({ kind }) => kind === 'unscored').length
}

/** The scores of an answer before and after an edit, where both could be scored. */
export interface Change {
  readonly prompt: string
  readonly at: number
  readonly text: string
  readonly before: number
  readonly after: number
}

export function changes(subject: Subject, edits: readonly Edit[], scores: readonly Score[]): Change[] {
  return edits.flatMap(({ at, text }, i) => {
    const [before, after] = [valueIn(subject.scores[at]), valueIn(scores[i])]
    if (before === undefined || after === undefined) return []
    return [{ prompt: subject.samples[at].prompt.id, at, text, before, after }]
  })
}

/** The first changes that crossed the threshold, as examples. */
export function flippedExamples(subject: Subject, all: readonly Change[]): Example[] {
  return all
    .filter((change) => flipped(subject, change))
    .slice(0, 3)
    .map(({ prompt, text, before, after }) => ({ prompt, answer: text.slice(0, 400), before, after }))
}

/** Whether a change crossed the threshold. */
export function flipped({ threshold }: Subject, { before, after }: Pick<Change, 'before' | 'after'>): boolean {
  return before >= threshold !== after >= threshold
}
