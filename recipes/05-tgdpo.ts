/**
 * TGDPO, "Harnessing Token-Level Reward Guidance for Enhancing Direct Preference Optimization" (2025, arXiv 2506.14574): does a
 * token reward inside DPO's margin help? With an earlier DPO model as the guide, and with the truth as one.
 */
import { dpoReward, type TokenScorer } from 'guerdon/credit'
import { dpo, tgdpo } from 'guerdon/objectives'
import { pairedT, recipe } from 'guerdon/train'
import { arm, critical, errorDetection, points, prepare, type Start, settings, train } from './chainSum.ts'

const { beta } = settings
const alpha = 0.5

/** What no one has in practice: -1 on the digits that are wrong after those before them, 0.2 on all others. */
function truth({ task, model }: Start): TokenScorer {
  return {
    name: 'truth',
    score: async (answers) =>
      answers.map(({ prompt, sequence: { tokens, promptLength } }) => {
        const errors = task.localErrors(prompt, model.tokenizer.decode(tokens.subarray(promptLength)))
        return Float32Array.from({ length: tokens.length - promptLength }, (_, t) => (errors[t] === true ? -1 : 0.2))
      }),
  }
}

export default recipe<Start>({
  number: 5,
  title: "TGDPO: token rewards inside DPO's margin",
  paper: 'arXiv 2506.14574',
  claim: 'Weighting tokens by a token reward inside the DPO loss beats DPO at the same number of steps.',
  measure: 'Sampled accuracy after one pass over the pairs',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, alpha },
  prepare,
  arms: {
    dpo: arm(() => dpo({ beta })),
    'TGDPO, guided by DPO': async (start, seed) => {
      const { policy: guide } = await train(start, seed, dpo({ beta }))
      const tokenScores = dpoReward(guide, start.model.freeze(), { beta })
      const run = await arm(
        () => tgdpo({ beta, alpha }),
        () => ({ tokenScores }),
      )(start, seed)
      const found = await errorDetection(start, tokenScores)
      await guide.close()
      return { ...run, extra: { ...run.extra, 'errors found (AUC)': found } }
    },
    'TGDPO, guided by the truth': arm(
      () => tgdpo({ beta, alpha }),
      (start) => ({ tokenScores: truth(start) }),
    ),
  },
  verdict(arms) {
    const guided = pairedT(arms['TGDPO, guided by DPO'], arms.dpo)
    const known = pairedT(arms['TGDPO, guided by the truth'], arms.dpo)
    const holds = guided.t > critical ? 'yes' : known.t > critical ? 'mixed' : 'no'
    return { holds, because: `guided by DPO - DPO: ${points(guided)}; guided by the truth - DPO: ${points(known)}` }
  },
  notes: [
    "The guide is DPO's own implicit reward after three passes: its run is not counted in the steps compared.",
    'Its rewards are beta times a log-ratio, so that with beta 0.1 the weights stay near 1: a small effect is expected.',
  ],
})
