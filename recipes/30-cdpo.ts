/**
 * cDPO, "Critical Tokens Matter" (2024, arXiv 2411.19943): a model tuned on right answers against one tuned on wrong ones finds
 * the tokens at which an answer goes wrong. Does pushing down those, and not the whole rejected answer, learn better?
 */
import { contrastiveEstimation } from 'guerdon/credit'
import { cdpo, dpo } from 'guerdon/objectives'
import { copyOf, type LocalPolicy } from 'guerdon/policy'
import { pairedT, recipe, supervised } from 'guerdon/train'
import { arm, critical, errorDetection, points, prepare, type Start, settings } from './chainSum.ts'

const { beta } = settings
const tuning = { steps: 30, batch: 64, learningRate: 1e-3 }

/** The reference tuned on its own right, or its own wrong, answers. */
async function tuned({ groups, model }: Start, right: boolean): Promise<LocalPolicy> {
  const answers = groups.flatMap(({ prompt, rollouts, scores }) =>
    rollouts.flatMap(({ sample }, i) => {
      const score = scores[i]
      const kept = score.kind === 'scored' && score.value > 0.5 === right
      return kept ? [{ prompt, answer: sample.completion.text }] : []
    }),
  )
  const policy = copyOf(model)
  const { steps, batch, learningRate } = tuning
  const demonstrations = Array.from({ length: steps * batch }, (_, i) => answers[i % answers.length])
  await supervised({ policy, demonstrations, steps, batch, adam: { learningRate, clipNorm: 1 } })
  return policy
}

export default recipe<Start>({
  number: 30,
  title: 'cDPO: only the critical tokens of a rejected answer',
  paper: 'arXiv 2411.19943',
  claim: 'Weighting the tokens of rejected answers by how critical they are beats DPO at the same budget.',
  measure: 'Sampled accuracy after one pass over the pairs',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, tuning },
  prepare,
  arms: {
    dpo: arm(() => dpo({ beta })),
    cDPO: async (start, seed) => {
      const [positive, negative] = [await tuned(start, true), await tuned(start, false)]
      const tokenScores = contrastiveEstimation(positive, negative)
      const run = await arm(
        () => cdpo({ beta }),
        () => ({ tokenScores }),
      )(start, seed)
      const found = await errorDetection(start, tokenScores)
      await Promise.all([positive.close(), negative.close()])
      return { ...run, extra: { ...run.extra, 'errors found (AUC)': found } }
    },
  },
  verdict(arms) {
    const gain = pairedT(arms.cDPO, arms.dpo)
    return { holds: gain.t > critical ? 'yes' : 'no', because: `cDPO - DPO: ${points(gain)}` }
  },
  notes: [
    "The paper's loss over whole answers; its released code has another, position by position. Same learning rate for both arms.",
  ],
})
