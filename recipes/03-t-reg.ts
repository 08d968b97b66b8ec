/**
 * T-REG, "Preference Optimization with Token-Level Reward Regularization" (2024, arXiv 2412.02685): do token rewards that
 * the reference gives itself, under a prompt for care and one for carelessness, help DPO find which tokens were wrong?
 */
import { contrastivePrompts, type TokenScorer } from 'guerdon/credit'
import { dpo, tReg } from 'guerdon/objectives'
import { type Care, withCare } from 'guerdon/tasks'
import { pairedT, recipe } from 'guerdon/train'
import { arm, critical, errorDetection, points, prepare, type Start, settings } from './chainSum.ts'

const { beta } = settings
const cares: readonly Care[] = ['=', '+', '-']

/** The reference was taught both tones; the answer's tokens are scored under either. */
function scorer({ model }: Start, better: Care, worse: Care): TokenScorer {
  const asked = (care: Care) => (prompt: Parameters<typeof withCare>[0]) => withCare(prompt, care)
  return contrastivePrompts(model.freeze(), model, { better: asked(better), worse: asked(worse) })
}

export default recipe<Start>({
  number: 3,
  title: 'T-REG: token rewards from contrasting prompts regularise DPO',
  paper: 'arXiv 2412.02685',
  claim: 'DPO with its tokens pulled towards self-generated token rewards beats DPO at the same budget.',
  measure: 'Sampled accuracy after one pass over the pairs',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, cares: [...cares], alphas: [0.5, 2] },
  prepare: (seed) => prepare(seed, cares),
  arms: {
    dpo: arm(() => dpo({ beta })),
    'T-REG': async (start, seed) => {
      const tokenScores = scorer(start, '+', '-')
      const run = await arm(
        () => tReg({ beta, alpha: 0.5 }),
        () => ({ tokenScores }),
      )(start, seed)
      return { ...run, extra: { ...run.extra, 'errors found (AUC)': await errorDetection(start, tokenScores) } }
    },
    'T-REG, alpha 2': arm(
      () => tReg({ beta, alpha: 2 }),
      (start) => ({ tokenScores: scorer(start, '+', '-') }),
    ),
    'T-REG, prompts swapped': arm(
      () => tReg({ beta, alpha: 0.5 }),
      (start) => ({ tokenScores: scorer(start, '-', '+') }),
    ),
  },
  verdict(arms) {
    const gain = pairedT(arms['T-REG'], arms.dpo)
    const strong = pairedT(arms['T-REG, alpha 2'], arms.dpo)
    const swapped = pairedT(arms['T-REG, prompts swapped'], arms['T-REG'])
    const wins = [gain.t > critical, strong.t > critical].filter(Boolean).length
    return {
      holds: wins === 2 ? 'yes' : wins === 1 ? 'mixed' : 'no',
      because: `T-REG - DPO: ${points(gain)}; with alpha 2: ${points(strong)}; swapped prompts - right ones: ${points(swapped)}`,
    }
  },
  notes: [
    'A model of this size follows no sentence: its reference was taught three tones, as it is, careful and careless.',
    'The arm with the prompts swapped is the control: it has as much of the term, pointing the other way.',
  ],
})
