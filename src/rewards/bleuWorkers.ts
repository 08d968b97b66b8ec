/** BLEU of large corpora on all processors: the texts are dealt out to worker threads, whose counts are added up. */
import { availableParallelism } from 'node:os'
import { extname } from 'node:path'
import { GuerdonError } from '../data/error.ts'
import { workerPool } from '../sandbox/workerPool.ts'
import { addBleuStatistics, type BleuOptions, type BleuScore, bleuOf, checkCorpus } from '../text/bleu.ts'
import { type BleuAnswer, isBleuAnswer, packTexts } from './bleuWorker.ts'

/** Close it when done: its workers do not keep the process alive, but they hold memory. */
export interface BleuWorkers {
  /**
   * The BLEU of each text in [0, 100] and of the whole corpus, equal to `sentenceBleu` and `corpusBleu` with the same
   * options. references[i] are those of hypotheses[i].
   */
  score(
    hypotheses: readonly string[],
    references: readonly (readonly string[])[],
    options?: BleuOptions,
  ): Promise<{ readonly sentences: Float64Array; readonly corpus: BleuScore }>
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** @param workers threads; default as many as the processor has */
export function bleuWorkers(workers = availableParallelism()): BleuWorkers {
  const pool = workerPool({ handler, workers })
  return {
    async score(hypotheses, references, options = {}) {
      checkCorpus(hypotheses, references)
      const size = Math.min(longestChunk, Math.ceil(hypotheses.length / workers))
      const starts = Array.from({ length: Math.ceil(hypotheses.length / size) }, (_, k) => k * size)
      const answers = await Promise.all(
        starts.map(async (start): Promise<BleuAnswer> => {
          const chunk = packTexts(hypotheses.slice(start, start + size), references.slice(start, start + size))
          const outcome = await pool.run({ ...chunk, options }, { deadlineMs: Number.POSITIVE_INFINITY })
          if (outcome.kind === 'done' && isBleuAnswer(outcome.value)) return outcome.value
          throw new GuerdonError(`BLEU failed in a worker: ${outcome.kind === 'done' ? 'no answer' : outcome.message}`)
        }),
      )
      const sentences = new Float64Array(hypotheses.length)
      answers.forEach((answer, k) => {
        sentences.set(answer.sentences, starts[k])
      })
      return { sentences, corpus: bleuOf(addBleuStatistics(answers.map(({ statistics }) => statistics)), options) }
    },
    close: pool.close,
    [Symbol.asyncDispose]: pool.close,
  }
}

// Chunks small enough that the next is being packed while the workers are busy.
const longestChunk = 4096

// The same file runs from source and from a build: its neighbour has the same extension.
const handler = new URL(`./bleuWorker${extname(import.meta.url)}`, import.meta.url).href
