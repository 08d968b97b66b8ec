/**
 * The log-sigmoid transform, "Transforming and Combining Rewards for Aligning Large Language Models" (2024, arXiv 2402.00742): does the sum
 * of transformed rewards mean AND, where the sum of raw ones lets one property pay for the other? Twelve tokens; `a` makes an
 * answer helpful, `b` harmless, and `a` pays more. Good on both: at least four of each. The hackable checklist of recipe 35 is
 * the second experiment, on one reward.
 */
import { type Prompt, random, scored, userPrompt } from 'guerdon/data'
import { logSigmoid, type References, type Shaping } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { checklistArm, checklistPrompt } from './shared/checklist.ts'
import { lateMean, thinned, trainTable, type Walk } from './shared/tabular.ts'

const settings = {
  length: 12,
  enough: 4,
  answers: 64,
  steps: 300,
  rate: 0.5,
  betas: [0.05, 0.2],
  references: 32,
  last: 25,
}
const rows = Array.from({ length: settings.length }, (_, place) => place)
/** a, b and filler, as the start writes them. */
const startRow = [0.15, 0.1, 0.75].map(Math.log)

const count = ({ symbols }: Walk, symbol: number) => symbols.filter((each) => each === symbol).length
const parts = (walk: Walk) => ({ helpful: count(walk, 0), harmless: 0.7 * count(walk, 1) })
const both = (walk: Walk) => Number(count(walk, 0) >= settings.enough && count(walk, 1) >= settings.enough)

interface Start {
  readonly prompt: Prompt
  readonly checklist: Prompt
}

function arm(shaping: () => readonly Shaping[], beta: number, one: () => readonly Shaping[]) {
  return async ({ prompt, checklist }: Start, seed: number) => {
    const { record } = trainTable({
      ...{ prompts: [prompt], groupSize: settings.answers, steps: settings.steps, rate: settings.rate, beta, seed },
      shaping: shaping(),
      start: rows.map(() => startRow),
      walk: (draw) => ({ rows, symbols: rows.map(draw) }),
      score: (walk) => scored(parts(walk).helpful + parts(walk).harmless, { parts: parts(walk) }),
      measure: ([walks], table) => ({
        both: walks.reduce((sum, walk) => sum + both(walk), 0) / walks.length,
        kl: table.kl(walks),
      }),
    })
    const hackable = await checklistArm(one)(checklist, seed)
    return {
      value: lateMean(record.both, settings.last),
      curves: { 'Good on both': thinned(record.both, 10), 'KL to the start': thinned(record.kl, 10) },
      extra: {
        'KL to the start': lateMean(record.kl, settings.last),
        'gold of the hackable checklist': hackable.value,
      },
    }
  }
}

const transformed = (references: References) => () => [logSigmoid({ references, parts: ['helpful', 'harmless'] })]
const one = (references: References) => () => [logSigmoid({ references })]
const own: References = { meta: 'references' }
const none = () => []
const [weak, strong] = settings.betas

export default recipe<Start>({
  number: 18,
  title: 'Log-sigmoid rewards, whose sum means AND',
  paper: 'arXiv 2402.00742',
  claim:
    'The sum of log-sigmoid rewards gives more answers that are good on both properties than the raw sum, and one alone is hacked less.',
  measure: 'Share of answers good on both properties',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  async prepare(seed) {
    const source = random(`${seed}/references`)
    const answers = Array.from({ length: settings.references }, () => {
      const symbols = rows.map(() => (source.next() < 0.15 ? 0 : source.next() < 0.1 / 0.85 ? 1 : 2))
      return parts({ rows, symbols })
    })
    const references = {
      helpful: answers.map(({ helpful }) => helpful),
      harmless: answers.map(({ harmless }) => harmless),
    }
    return { prompt: userPrompt('two properties', '', undefined, { references }), checklist: checklistPrompt(seed) }
  },
  arms: {
    'raw sum': arm(none, weak, none),
    'raw sum, KL times 4': arm(none, strong, none),
    'log-sigmoid': arm(transformed(own), weak, one(own)),
    'log-sigmoid, KL times 4': arm(transformed(own), strong, one(own)),
    'log-sigmoid, no reference': arm(transformed(0), weak, one(0)),
  },
  verdict(arms) {
    const pairs = [
      pairedT(arms['log-sigmoid'], arms['raw sum']),
      pairedT(arms['log-sigmoid, KL times 4'], arms['raw sum, KL times 4']),
    ]
    const gold = (name: string) =>
      arms[name].runs.map((run) => run.extra?.['gold of the hackable checklist'] ?? Number.NaN)
    const kept = gold('log-sigmoid').filter((value, i) => value > gold('raw sum')[i]).length
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const better = pairs.filter(({ t }) => t > 2.1).length
    const shown = ({ difference, t }: (typeof pairs)[0]) =>
      `${(100 * difference).toFixed(1)} points (t ${t.toFixed(1)})`
    return {
      holds: better === 2 && kept === arms['raw sum'].n ? 'yes' : better === 0 && kept === 0 ? 'no' : 'mixed',
      because:
        `log-sigmoid less raw: ${shown(pairs[0])} at the weaker KL weight, ${shown(pairs[1])} at the stronger; ` +
        `more gold on the hackable checklist with ${kept} of ${arms['raw sum'].n} seeds`,
    }
  },
  notes: [
    'The same KL weight is no equal leash for rewards of other scales: the KL each arm ends at stands beside it.',
  ],
})
