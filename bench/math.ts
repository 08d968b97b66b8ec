/**
 * Mathematics verified against Math-Verify: verdicts on the labelled cases of the tests, answers a second in three tiers
 * (the same spelling, rational numbers, symbolic), and the longest time a hostile answer takes. The Python is
 * $GUERDON_PYTHON or python3 and must have math_verify; without it the peer's columns are left out.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { random } from '../src/data/random.ts'
import { extractAnswer } from '../src/text/answer.ts'
import { verifyMath } from '../src/text/math/verify.ts'
import { hostileAnswers } from '../test/text/math/hostileAnswers.ts'
import { pythonWith, quartiles, requireQuiet, type Side, shown, side } from './measure.ts'

type Pair = readonly [answer: string, reference: string]

const cases = z
  .array(z.object({ answer: z.string(), reference: z.string(), equal: z.boolean(), category: z.string() }))
  .parse(JSON.parse(readFileSync(new URL('../test/text/vectors/math-cases.json', import.meta.url), 'utf8')))

const rounds = 5
const peerAnswer = z.object({ verdicts: z.array(z.boolean()), seconds: z.number() })

/** Two tables in Markdown; about a minute, nearly all of it the peer's. */
export async function mathBench(anyway: boolean): Promise<string> {
  const python = await pythonWith(['math_verify'])
  await using peer =
    python === undefined
      ? undefined
      : side(python, [fileURLToPath(new URL('./python/math_verify_peer.py', import.meta.url))])
  const verdicts = await accuracy(peer)
  await requireQuiet(anyway)
  const lines = [
    '| tier | Guerdon, answers/s | Math-Verify, answers/s | ratio |',
    '|---|---|---|---|',
    ...(await inTurn(Object.entries(tiers()), (tier) => speed(tier, peer))),
  ]
  return `${verdicts}\n\n${lines.join('\n')}\n\n${slowest()}`
}

/** False accepts and false rejects of both sides on the labelled cases. */
async function accuracy(peer: Side | undefined): Promise<string> {
  const ours = cases.map(({ answer, reference }) => verifyMath(answer, reference))
  const row = (name: string, verdicts: readonly boolean[]): string => {
    const accepts = cases.filter(({ equal }, i) => !equal && verdicts[i]).length
    const rejects = cases.filter(({ equal }, i) => equal && !verdicts[i]).length
    return `| ${name} | ${cases.length} | ${accepts} | ${rejects} | ${((100 * (cases.length - accepts - rejects)) / cases.length).toFixed(1)} % |`
  }
  const rows = [
    '| verifier | cases | false accepts | false rejects | right |',
    '|---|---|---|---|---|',
    row('Guerdon', ours),
  ]
  if (peer !== undefined) {
    const pairs = cases.map(({ answer, reference }): Pair => [answer, reference])
    rows.push(row('Math-Verify', (await ask(peer, pairs)).verdicts))
  }
  return rows.join('\n')
}

/** Math-Verify reads LaTeX only between dollar signs: bare answers get them. */
function ask(peer: Side, pairs: readonly Pair[]): Promise<z.infer<typeof peerAnswer>> {
  const dressed = (text: string): string =>
    extractAnswer(text).from === 'whole' && !/\$|\\boxed|\\\(|\\\[/.test(text) ? `$${text}$` : text
  return peer.ask({ cmd: 'verify', pairs: pairs.map((pair) => pair.map(dressed)) }, peerAnswer)
}

function tiers(): Record<string, Pair[]> {
  const generator = random('math tiers')
  const spelling = cases
    .slice(0, 200)
    .map(({ reference }): Pair => [`So the answer is $\\boxed{${reference}}$.`, reference])
  const numbers = Array.from({ length: 200 }, (): Pair => {
    const [n, d] = [generator.int(1, 999), generator.pick([2, 4, 5, 8, 10, 16, 20, 25])]
    const off = generator.next() < 0.5 ? 0 : 1
    const written = generator.pick([`${n}/${d}`, `\\frac{${n}}{${d}}`, `${(100 * n) / d}\\%`])
    return [written, String((n + off) / d)]
  })
  const kinds = ['roots', 'polynomials', 'rational functions', 'exponentials and logarithms', 'trigonometry']
  const symbolic = cases.filter(({ category }) => kinds.includes(category)).filter((_, i) => i % 3 === 0)
  return { spelling, rational: numbers, symbolic: symbolic.map(({ answer, reference }): Pair => [answer, reference]) }
}

async function speed([name, pairs]: readonly [string, readonly Pair[]], peer: Side | undefined): Promise<string> {
  const [ours, theirs]: [number[], number[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    ours.push(ownRate(pairs))
    if (peer !== undefined) theirs.push(pairs.length / (await ask(peer, pairs)).seconds)
  }
  if (theirs.length === 0) return `| ${name} | ${shown(quartiles(ours), 0)} | not installed | |`
  const ratio = quartiles(ours.map((rate, i) => rate / theirs[i]))
  return `| ${name} | ${shown(quartiles(ours), 0)} | ${shown(quartiles(theirs), 0)} | ${shown(ratio, 0)} |`
}

/** Extraction, reading and comparison of both texts, for at least a third of a second. */
function ownRate(pairs: readonly Pair[]): number {
  const start = performance.now()
  let count = 0
  while (performance.now() - start < 333) {
    for (const [answer, reference] of pairs) verifyMath(answer, reference)
    count += pairs.length
  }
  return (1000 * count) / (performance.now() - start)
}

function slowest(): string {
  let [worst, name] = [0, '']
  for (const [each, text] of Object.entries(hostileAnswers)) {
    for (const other of ['7', 'x+1', `(${text})`]) {
      const start = performance.now()
      verifyMath(text, other)
      const took = performance.now() - start
      if (took > worst) [worst, name] = [took, each]
    }
  }
  return `Slowest of ${3 * Object.keys(hostileAnswers).length} hostile comparisons: ${worst.toFixed(0)} ms (${name}).`
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  for (const item of items) results.push(await work(item))
  return results
}
