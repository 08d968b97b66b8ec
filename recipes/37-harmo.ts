/**
 * HARMO, "Beyond Monolithic Rewards" (2025, arXiv 2510.05283): rules where answers can be checked, a model elsewhere, and a penalty on
 * short wrong answers, against one learned reward that likes short ones. Half of the prompts can be checked. An answer chooses
 * its length (4, 8 or 16 tokens), its form and its result; without room for working a right result is written wrong
 * half the time. The model sees the result through noise and pays 0.5 for the shortest.
 */
import { type Credit, grpo } from 'guerdon/credit'
import { type Prompt, type Random, scored, userPrompt } from 'guerdon/data'
import { type Shaping, shortAndWrong } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { lateMean, thinned, trainTable, type Walk } from './shared/tabular.ts'

const settings = {
  ...{ prompts: 16, groupSize: 8, steps: 300, rate: 3, beta: 0.02, last: 20 },
  ...{
    lengths: [4, 8, 16],
    slips: [0.5, 0.15, 0.1],
    shortBonus: 0.5,
    noise: 0.3,
    formWeight: 0.5,
    most: 0.5,
    tau: 0.5,
  },
}

/** The places of an answer's choices in its row of tokens; whatever else it holds was not chosen. */
const [lengthAt, formAt, resultAt] = [0, 1, 2]
const slipped = 9
const isRight = ({ symbols }: Walk) => Number(symbols[resultAt] === 0)
const formed = ({ symbols }: Walk) => Number(symbols[formAt] === 0)
const length = ({ symbols }: Walk) => symbols.length

/** Lengths and forms are habits of all prompts, results each prompt's own. */
function walk(draw: (row: number) => number, prompt: number, source: Random): Walk {
  const size = draw(0)
  const result = draw(2 + prompt)
  const wrote = source.next() < settings.slips[size] ? slipped : result
  const rest = settings.lengths[size] - 3
  return {
    rows: [0, 1, wrote === slipped ? -1 : 2 + prompt, ...new Array<number>(rest).fill(-1)],
    symbols: [size, draw(1), wrote, ...new Array<number>(rest).fill(0)],
  }
}

interface Terms {
  readonly rule: boolean
  readonly form: boolean
}

function reward(terms: Terms) {
  return (done: Walk, prompt: number, source: Random) => {
    const model =
      0.6 * isRight(done) + settings.noise * source.normal() + (done.symbols[lengthAt] === 0 ? settings.shortBonus : 0)
    const checked = terms.rule && prompt % 2 === 0
    const accuracy = checked ? isRight(done) : model
    const form = terms.form ? settings.formWeight * formed(done) : 0
    // Model-scored answers count as right from the middle of the model's scale on.
    return scored(accuracy + form, { parts: { right: checked ? isRight(done) : Number(model >= 0.5) } })
  }
}

function arm(terms: Terms, shaping: readonly Shaping[] = [], credit: Credit = grpo({ normalise: 'none' })) {
  return async (prompts: readonly Prompt[], seed: number) => {
    const start = [[0, 0, 0], [0, 0], ...prompts.map(() => [0.2, 0, 0, 0])]
    const { record } = trainTable({
      ...{ prompts, seed, start, walk, credit, shaping, score: reward(terms) },
      ...{
        groupSize: settings.groupSize,
        steps: settings.steps,
        rate: settings.rate / settings.prompts,
        beta: settings.beta,
      },
      measure(walks) {
        const all = walks.flat()
        const mean = (of: readonly Walk[], what: (done: Walk) => number) =>
          of.reduce((sum, done) => sum + what(done), 0) / of.length
        return {
          right: mean(all, isRight),
          checkable: mean(walks.filter((_, p) => p % 2 === 0).flat(), isRight),
          formed: mean(all, formed),
          tokens: mean(all, length),
        }
      },
    })
    return {
      value: lateMean(record.right, settings.last),
      curves: { 'Right answers': thinned(record.right, 10), Tokens: thinned(record.tokens, 10) },
      extra: {
        'right where it can be checked': lateMean(record.checkable, settings.last),
        'well formed': lateMean(record.formed, settings.last),
        tokens: lateMean(record.tokens, settings.last),
      },
    }
  }
}

const penalty = shortAndWrong({ most: settings.most, tau: settings.tau, part: 'right' })

export default recipe<readonly Prompt[]>({
  number: 37,
  title: 'Rules, a model, form and length in one reward',
  paper: 'arXiv 2510.05283',
  claim:
    'A hybrid of rules and a model beats the model alone, and the length penalty keeps answers from shrinking and adds to it.',
  measure: 'Right answers of the last steps',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: async () => Array.from({ length: settings.prompts }, (_, p) => userPrompt(`prompt ${p}`, '')),
  arms: {
    'model only': arm({ rule: false, form: false }),
    hybrid: arm({ rule: true, form: false }),
    'hybrid, form': arm({ rule: true, form: true }),
    'hybrid, form, length': arm({ rule: true, form: true }, [penalty]),
    'hybrid, form, length, over the deviation': arm({ rule: true, form: true }, [penalty], grpo()),
  },
  verdict(arms) {
    const hybrid = pairedT(arms.hybrid, arms['model only'])
    const length = pairedT(arms['hybrid, form, length'], arms['hybrid, form'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const [first, second] = [hybrid.t > 2.1, length.t > 2.1]
    const shown = ({ difference, t }: typeof hybrid) => `${(100 * difference).toFixed(1)} points (t ${t.toFixed(1)})`
    return {
      holds: first && second ? 'yes' : first || second ? 'mixed' : 'no',
      because: `the rule adds ${shown(hybrid)}, the length penalty ${shown(length)}`,
    }
  },
  notes: ['The form of the length penalty is inferred from what the paper’s reviews say of it.'],
})
