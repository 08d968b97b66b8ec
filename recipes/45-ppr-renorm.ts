/**
 * ReNorm, "Hybrid Reward Normalization for Process-supervised Non-verifiable Agentic Tasks" (2025, arXiv 2509.25598): do step rewards
 * that agree in sign with the outcome teach better than step rewards beside it? A chain of three look-ups and an answer, five
 * turns at most. The judge gives 0.9 for a look-up that leads on, 0.6 for one that repeats, 0 for a malformed turn.
 */
import { type Prompt, type Random, type Score, scored, userPrompt } from 'guerdon/data'
import { renorm, type Shaping } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { lateMean, thinned, trainTable, type Walk } from './shared/tabular.ts'

const settings = { hops: 3, turns: 5, answers: 64, steps: 250, rate: 0.15, last: 20 }
/** Symbols of a turn, and what the judge says of each. */
const [next, , , answer] = [0, 1, 2, 3]
const judged = [0.9, 0.6, 0, 0]

/** A row for each number of hops made: a start that answers right in about one case of eight, and one that hardly ever does. */
const warm = [0.45, 0.25, 0.1, 0.2]
const cold = [0.12, 0.3, 0.18, 0.4]
const startOf = (early: readonly number[]) =>
  [early, early, early, [0.1, 0.2, 0.1, 0.6]].map((row) => row.map(Math.log))

function walk(draw: (row: number) => number): Walk {
  const [rows, symbols]: [number[], number[]] = [[], []]
  let hops = 0
  while (symbols.length < settings.turns && symbols.at(-1) !== answer) {
    rows.push(hops)
    const symbol = draw(hops)
    symbols.push(symbol)
    if (symbol === next && hops < settings.hops) hops++
  }
  return { rows, symbols }
}

/** Right is to answer after the last hop. */
const right = ({ rows, symbols }: Walk) => Number(symbols.at(-1) === answer && rows.at(-1) === settings.hops)

function score(done: Walk, noise: Random) {
  // A look-up after the last hop leads nowhere: it repeats.
  const quality = done.symbols.map((symbol, t) =>
    symbol === next && done.rows[t] === settings.hops ? 0.6 : judged[symbol],
  )
  const steps = quality.map((each) => Math.min(1, Math.max(0, each + 0.05 * noise.normal())))
  // The last turn is left to the outcome.
  steps[steps.length - 1] = 0
  return scored(right(done), { steps: Float32Array.from(steps) })
}

function changed(name: string, change: (value: number, steps: Float32Array) => Score): Shaping {
  const each = (score: Score) => (score.kind === 'scored' && score.steps ? change(score.value, score.steps) : score)
  return { name, shape: (groups) => groups.map((group) => ({ ...group, scores: group.scores.map(each) })) }
}
/** Both centred by one half, without the other's sign. */
const centred = changed('centred', (value, steps) =>
  scored(value - 0.5, { steps: steps.map((step, j) => (j === steps.length - 1 ? 0 : step - 0.5)) }),
)
const outcomeOnly = changed('outcome', (value) => scored(value))

function arm(shaping: readonly Shaping[]) {
  const train = (early: readonly number[], prompt: Prompt, seed: number) =>
    trainTable({
      ...{
        prompts: [prompt],
        groupSize: settings.answers,
        steps: settings.steps,
        rate: settings.rate,
        seed,
        shaping,
        walk,
      },
      ...{ start: startOf(early), stepTokens: true },
      score: (done, _, source) => score(done, source),
      measure: ([walks]) => ({
        right: walks.reduce((sum, done) => sum + right(done), 0) / walks.length,
        turns: walks.reduce((sum, { symbols }) => sum + symbols.length, 0) / walks.length,
      }),
    }).record
  return async (prompt: Prompt, seed: number) => {
    const record = train(warm, prompt, seed)
    const fromCold = train(cold, prompt, seed)
    return {
      value: lateMean(record.right, settings.last),
      curves: { 'Right answers': thinned(record.right, 10), Turns: thinned(record.turns, 10) },
      extra: {
        'right, mean over training': lateMean(record.right, settings.steps),
        'right from a cold start': lateMean(fromCold.right, settings.last),
        turns: lateMean(record.turns, settings.last),
      },
    }
  }
}

export default recipe<Prompt>({
  number: 45,
  title: 'ReNorm: process rewards with the sign of the outcome',
  paper: 'arXiv 2509.25598',
  claim:
    'Step rewards shifted to the outcome’s sign end with more right answers than their sum with the outcome, and than the outcome alone.',
  measure: 'Right answers of the last steps',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: async () => userPrompt('chain', ''),
  arms: { 'outcome only': arm([outcomeOnly]), sum: arm([]), centred: arm([centred]), renorm: arm([renorm()]) },
  verdict(arms) {
    const [sum, outcome] = [pairedT(arms.renorm, arms.sum), pairedT(arms.renorm, arms['outcome only'])]
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const [beatsSum, beatsOutcome] = [sum.t > 2.1, outcome.t > 2.1]
    const shown = ({ difference, t }: typeof sum) => `${(100 * difference).toFixed(1)} points (t ${t.toFixed(1)})`
    return {
      holds: beatsSum && beatsOutcome ? 'yes' : beatsSum || beatsOutcome ? 'mixed' : 'no',
      because: `ReNorm less the sum: ${shown(sum)}; less the outcome alone: ${shown(outcome)}`,
    }
  },
  notes: ['From a cold start each turn of a wrong answer costs under ReNorm, and answering at once is the cheapest.'],
})
