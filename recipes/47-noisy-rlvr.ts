/**
 * Noisy verifiers, "RL with Verifiable yet Noisy Rewards under Imperfect Verifiers" (2025, arXiv 2510.00915): do the backward
 * and the forward correction bring back what a verifier that errs takes? Under constant rates it takes size, not direction, so
 * the effect is in the balance with a KL penalty: a table of 16 prompts with five answers, whose optimum is known exactly,
 * P = p0 e^(k/beta) / (p0 e^(k/beta) + 1 - p0), k = 1 for the truth and 0.7 for the noisy verdicts.
 */
import { type Credit, reinforce, rloo } from 'guerdon/credit'
import { scored, userPrompt } from 'guerdon/data'
import { backwardCorrection, forwardCorrection, type Shaping } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { lateMean, thinned, trainTable } from './shared/tabular.ts'

const settings = {
  ...{ prompts: 16, answers: 5, groupSize: 8, steps: 1000, rate: 0.5, beta: 0.5 },
  ...{ falsePositive: 0.1, falseNegative: 0.2, last: 50 },
}
const { falsePositive, falseNegative } = settings
const rates = { falsePositive, falseNegative }

/** Appeals' view of a verdict: the second verifier is right. */
const appealShare = 0.25

function arm(credit: Credit, shaping: () => readonly Shaping[], noisy = true) {
  return async (prompts: readonly ReturnType<typeof userPrompt>[], seed: number) => {
    const { record } = trainTable({
      ...{ prompts, credit, seed, shaping: shaping(), decay: true },
      ...{ groupSize: settings.groupSize, steps: settings.steps, rate: settings.rate, beta: settings.beta },
      start: prompts.map(() => new Array<number>(settings.answers).fill(0)),
      walk: (draw, p) => ({ rows: [p], symbols: [draw(p)] }),
      score({ symbols: [answer] }, _, source) {
        const right = answer === 0
        const flip = source.next() < (right ? falseNegative : falsePositive)
        const rule = Number(noisy && flip ? !right : right)
        const overturned = Number(rule === 0 && right && source.next() < appealShare)
        return scored(rule, { parts: { rule, overturned } })
      },
      measure: (_, table) => ({
        right: prompts.reduce((sum, __, p) => sum + table.probabilities(p)[0], 0) / prompts.length,
      }),
    })
    return {
      value: lateMean(record.right, settings.last),
      curves: { 'Probability of the right answer': thinned(record.right, 20) },
    }
  }
}

/** The exact optimum for a reward k times as large. */
function optimum(k: number): number {
  const [p0, gain] = [1 / settings.answers, Math.exp(k / settings.beta)]
  return (p0 * gain) / (p0 * gain + 1 - p0)
}

export default recipe<readonly ReturnType<typeof userPrompt>[]>({
  number: 47,
  title: 'Corrections for verifiers that err',
  paper: 'arXiv 2510.00915',
  claim:
    'Backward and forward corrections with known or estimated error rates train as well as a verifier without errors.',
  measure: 'Probability of the right answer after training',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, appealShare },
  prepare: async () => Array.from({ length: settings.prompts }, (_, p) => userPrompt(`prompt ${p}`, '')),
  arms: {
    'no errors': arm(rloo(), () => [], false),
    'errors, uncorrected': arm(rloo(), () => []),
    backward: arm(rloo(), () => [backwardCorrection(rates)]),
    'forward, as published': arm(reinforce(), () => [forwardCorrection(rates)]),
    'forward, clean size': arm(reinforce(), () => [forwardCorrection({ ...rates, size: 'clean' })]),
    'backward, rate from appeals': arm(rloo(), () => [
      backwardCorrection({ falsePositive, falseNegative: { share: appealShare, average: 'counts', decay: 0.98 } }),
    ]),
  },
  verdict(arms) {
    const lost = pairedT(arms['errors, uncorrected'], arms['no errors'])
    const corrected = ['backward', 'forward, clean size'] as const
    const back = corrected.map((name) => Math.abs(pairedT(arms[name], arms['no errors']).difference))
    const published = pairedT(arms['forward, as published'], arms['errors, uncorrected'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided. Two points are the brief's own spread over seeds, and more.
    const regained = lost.t < -2.1 && back.every((gap) => gap < 0.02)
    const asPublished = published.t > 2.1
    const points = (difference: number) => `${(100 * difference).toFixed(1)} points`
    return {
      holds: regained ? (asPublished ? 'yes' : 'mixed') : 'no',
      because:
        `errors cost ${points(-lost.difference)}; backward ends within ${points(back[0])} of no errors, forward of clean size within ` +
        `${points(back[1])}, forward as published ${points(published.difference)} above uncorrected`,
    }
  },
  notes: [
    `The exact optima are ${optimum(1).toFixed(3)} for the truth and ${optimum(0.7).toFixed(3)} for a reward 0.7 times as large.`,
    'The forward weight as published has 0.7 times the true gradient, as the uncorrected reward has: under constant rates it changes the variance alone.',
    'Appeals take acceptances for the truth, and one in ten wrong answers is accepted: their estimate of the rate is too small.',
  ],
})
