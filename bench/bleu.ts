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
import { GuerdonError } from '../src/data/error.ts'
import { random } from '../src/data/random.ts'
import { bleuWorkers } from '../src/rewards/bleuWorkers.ts'
import { corpusBleu, sentenceBleu } from '../src/text/bleu.ts'
import { pythonWith, quartiles, requireQuiet, shown } from './measure.ts'

type Pair = readonly [hypothesis: string, reference: string]

const count = 100_000
const rounds = 5

/** A table in Markdown; about half a minute, nearly all of it sacreBLEU's. Scores that differ by 1e-6: GuerdonError. */
export async function bleuBench(anyway: boolean): Promise<string> {
  const pairs = makePairs(count)
  const hypotheses = pairs.map(([hypothesis]) => hypothesis)
  const references = pairs.map(([, reference]) => [reference])
  const score = () => hypotheses.map((hypothesis, i) => sentenceBleu(hypothesis, references[i]).score)
  const python = await pythonWith(['sacrebleu'])
  await requireQuiet(anyway)
  // Checked before anything of ours is timed.
  const peer = python === undefined ? undefined : await sacrebleu(python, pairs)
  const agreed =
    peer === undefined
      ? undefined
      : greatestDifference(peer, score(), corpusBleu(hypotheses.slice(0, 5000), references.slice(0, 5000)).score)
  const threads = availableParallelism()
  await using workers = bleuWorkers(threads)
  await workers.score(hypotheses, references)
  const [alone, together]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    alone.push(count / (await seconds(score)))
    together.push(count / (await seconds(() => workers.score(hypotheses, references))))
  }
  const row = (name: string, rates: readonly number[]): string => {
    const ratio = peer === undefined ? '' : shown(quartiles(rates.map((rate) => (rate * peer.seconds) / count)), 1)
    return `| ${name} | ${shown(quartiles(rates), 0)} | ${ratio} |`
  }
  return [
    `| sentence BLEU of ${count} pairs | pairs/s | times sacreBLEU |`,
    '|---|---|---|',
    row('Guerdon, one thread', alone),
    row(`Guerdon, ${threads} workers`, together),
    peer === undefined
      ? '| sacreBLEU | not installed | |'
      : `| sacreBLEU ${peer.version} | ${(count / peer.seconds).toFixed(0)} | 1 |`,
    ...(agreed === undefined ? [] : ['', `All scores agree: the greatest difference is ${agreed.toExponential(1)}.`]),
  ].join('\n')
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

/** What sacreBLEU says and how long it took, once over all pairs. */
async function sacrebleu(python: string, pairs: readonly Pair[]): Promise<z.infer<typeof peerAnswer>> {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-bleu-'))
  try {
    const file = join(folder, 'pairs.json')
    await writeFile(file, JSON.stringify(pairs))
    const script = fileURLToPath(new URL('./python/bleu.py', import.meta.url))
    const { stdout } = await promisify(execFile)(python, [script, file], { maxBuffer: 2 ** 28 })
    return peerAnswer.parse(JSON.parse(stdout))
  } finally {
    await rm(folder, { recursive: true })
  }
}

function greatestDifference(peer: z.infer<typeof peerAnswer>, scores: readonly number[], corpus: number): number {
  const differences = scores.map((score, i) => Math.abs(score - peer.scores[i]))
  const difference = differences.reduce((most, each) => Math.max(most, each), Math.abs(corpus - peer.corpus))
  if (!(difference < 1e-6)) throw new GuerdonError(`BLEU differs from sacreBLEU ${peer.version} by ${difference}`)
  return difference
}

async function seconds(work: () => unknown): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}
