/**
 * Sentence BLEU, pairs a second: one thread, worker threads, and sacreBLEU in Python on the same pairs, after the scores
 * have been found equal. The Python is $GUERDON_PYTHON or python3, and must have sacrebleu; without it the peer's row is
 * left out and says why.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { z } from 'zod'
import { GuerdonError, messageOf } from '../src/data/error.ts'
import { random } from '../src/data/random.ts'
import { bleuWorkers } from '../src/rewards/bleuWorkers.ts'
import { corpusBleu, sentenceBleu } from '../src/text/bleu.ts'

export interface BleuBench {
  readonly pairs: number
  /** Median over the rounds. */
  readonly oneThread: number
  readonly workers: { readonly count: number; readonly pairsPerSecond: number }
  /** sacreBLEU, once over all pairs, and the greatest difference of a score from ours. */
  readonly peer: { readonly version: string; readonly pairsPerSecond: number; readonly difference: number } | string
}

type Pair = readonly [hypothesis: string, reference: string]

/** Measures; about half a minute with the defaults, nearly all of it sacreBLEU's. Scores that differ by 1e-6: GuerdonError. */
export async function benchBleu(
  options: { readonly pairs?: number; readonly rounds?: number } = {},
): Promise<BleuBench> {
  const { pairs: count = 100_000, rounds = 5 } = options
  const pairs = makePairs(count)
  const hypotheses = pairs.map(([hypothesis]) => hypothesis)
  const references = pairs.map(([, reference]) => [reference])
  const score = () => hypotheses.map((hypothesis, i) => sentenceBleu(hypothesis, references[i]).score)
  const scores = score()
  const peer = await sacrebleu(pairs)
  const threads = availableParallelism()
  await using workers = bleuWorkers(threads)
  await workers.score(hypotheses, references)
  const [alone, together]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    alone.push(await seconds(score))
    together.push(await seconds(() => workers.score(hypotheses, references)))
  }
  return {
    pairs: count,
    oneThread: count / median(alone),
    workers: { count: threads, pairsPerSecond: count / median(together) },
    peer:
      typeof peer === 'string'
        ? peer
        : compared(peer, scores, corpusBleu(hypotheses.slice(0, 5000), references.slice(0, 5000)).score),
  }
}

/** Pairs like translations: 8 to 42 words, some numbers and marks, a third of the words changed. */
function makePairs(count: number): Pair[] {
  const generator = random('bleu')
  const letters = [...'etaoinshrdlucmfwypvbgkjqxz']
  const words = Array.from({ length: 20_000 }, (_, rank) => {
    const length = Math.min(12, 2 + Math.floor(Math.log2(rank + 1) / 2) + generator.int(0, 3))
    return Array.from({ length }, () => letters[Math.floor(letters.length * generator.next() ** 2)]).join('')
  })
  // Ranks follow Zipf's law: uniform in the logarithm.
  const word = () => words[Math.floor(Math.exp(generator.next() * Math.log(words.length))) % words.length]
  const token = () => {
    const roll = generator.next()
    if (roll < 0.03) return `${generator.int(1, 999)}.${generator.int(0, 9)}`
    if (roll < 0.05) return `"${word()}"`
    return roll < 0.13 ? `${word()},` : word()
  }
  return Array.from({ length: count }, (): Pair => {
    const reference = Array.from({ length: generator.int(8, 42) }, token)
    const hypothesis = reference.flatMap((given) => {
      const roll = generator.next()
      return roll < 0.1 ? [] : [roll < 0.33 ? token() : given]
    })
    return [`${hypothesis.join(' ')}.`, `${reference.join(' ')}.`]
  })
}

const peerAnswer = z.object({
  version: z.string(),
  seconds: z.number(),
  scores: z.array(z.number()),
  corpus: z.number(),
})

/** What sacreBLEU says and how long it took, or why it could not be asked. */
async function sacrebleu(pairs: readonly Pair[]): Promise<z.infer<typeof peerAnswer> | string> {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bleu-'))
  try {
    const file = join(folder, 'pairs.json')
    await writeFile(file, JSON.stringify(pairs))
    const script = fileURLToPath(new URL('./python/bleu.py', import.meta.url))
    const python = process.env.GUERDON_PYTHON ?? 'python3'
    const { stdout } = await promisify(execFile)(python, [script, file], { maxBuffer: 2 ** 28 })
    return peerAnswer.parse(JSON.parse(stdout))
  } catch (thrown) {
    return `sacreBLEU was not measured: ${messageOf(thrown).trim().split('\n').at(-1)}`
  } finally {
    await rm(folder, { recursive: true })
  }
}

function compared(peer: z.infer<typeof peerAnswer>, scores: readonly number[], corpus: number): BleuBench['peer'] {
  const differences = scores.map((score, i) => Math.abs(score - peer.scores[i]))
  const difference = differences.reduce((most, each) => Math.max(most, each), Math.abs(corpus - peer.corpus))
  if (!(difference < 1e-6)) throw new GuerdonError(`BLEU differs from sacreBLEU ${peer.version} by ${difference}`)
  return { version: peer.version, pairsPerSecond: scores.length / peer.seconds, difference }
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}
