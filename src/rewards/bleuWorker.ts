/** The part of `bleuWorkers` that runs inside a worker, and the form in which texts travel there. */
import type { Handler } from '../sandbox/workerPool.ts'
import { addBleuStatistics, type BleuOptions, type BleuStatistics, bleuOf, bleuStatistics } from '../text/bleu.ts'

/** Texts as one string, because cloning one long string is far cheaper than cloning many short ones. */
export interface PackedTexts {
  readonly text: string
  /** The length of each text: a hypothesis, then its references. */
  readonly lengths: Int32Array
  /** How many references each hypothesis has. */
  readonly counts: Int32Array
}

export interface BleuAnswer {
  readonly sentences: Float64Array
  readonly statistics: BleuStatistics
}

export function packTexts(hypotheses: readonly string[], references: readonly (readonly string[])[]): PackedTexts {
  const texts = hypotheses.flatMap((hypothesis, i) => [hypothesis, ...references[i]])
  return {
    text: texts.join(''),
    lengths: Int32Array.from(texts, (text) => text.length),
    counts: Int32Array.from(references, (list) => list.length),
  }
}

export default function bleuWorker(): Handler {
  return (job: unknown) => {
    if (!isJob(job)) throw new TypeError('the job is not packed texts')
    return answer(job, job.options)
  }
}

function answer({ text, lengths, counts }: PackedTexts, options: BleuOptions): BleuAnswer {
  const sentences = new Float64Array(counts.length)
  const parts: BleuStatistics[] = []
  const forSentences = { ...options, effectiveOrder: options.effectiveOrder ?? true }
  let at = 0
  let next = 0
  const take = () => {
    const start = at
    at += lengths[next++]
    return text.slice(start, at)
  }
  for (let i = 0; i < counts.length; i++) {
    const hypothesis = take()
    const statistics = bleuStatistics(hypothesis, Array.from({ length: counts[i] }, take), options)
    sentences[i] = bleuOf(statistics, forSentences).score
    parts.push(statistics)
  }
  return { sentences, statistics: addBleuStatistics(parts) }
}

// Both come from the other half of this pair of files: their fields tell them from nothing else.
function isJob(job: unknown): job is PackedTexts & { readonly options: BleuOptions } {
  return typeof job === 'object' && job !== null && 'lengths' in job && 'options' in job
}

export function isBleuAnswer(value: unknown): value is BleuAnswer {
  return typeof value === 'object' && value !== null && 'sentences' in value && 'statistics' in value
}
