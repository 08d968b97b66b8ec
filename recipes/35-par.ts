/**
 * PAR, "Reward Shaping to Mitigate Reward Hacking in RLHF" (2025, arXiv 2502.18770): which shaping of a reward model that can be hacked
 * keeps the gold? The shapings the paper compares, on a checklist whose proxy pays for what the gold punishes.
 */
import type { Prompt } from 'guerdon/data'
import { logSigmoid, par, runningClip, runningMinMax, runningZScore } from 'guerdon/shaping'
import { pairedT, recipe } from 'guerdon/train'
import { checklistArm, checklistPrompt, checklistSettings } from './shared/checklist.ts'

export default recipe<Prompt>({
  number: 35,
  title: 'Preference as reward against reward hacking',
  paper: 'arXiv 2502.18770',
  claim:
    'A sigmoid of the reward against a reference answer keeps more of the gold than raw, standardised, clipped or log-sigmoid rewards.',
  measure: 'Gold reward of the last steps’ answers (4 is the best)',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...checklistSettings },
  prepare: async (seed) => checklistPrompt(seed),
  arms: {
    raw: checklistArm(() => []),
    'running z score': checklistArm(() => [runningZScore()]),
    'running clip': checklistArm(() => [runningClip()]),
    'running minimum and maximum': checklistArm(() => [runningMinMax()]),
    'log-sigmoid': checklistArm(() => [logSigmoid({ references: { meta: 'references' } })]),
    par: checklistArm(() => [par({ references: { meta: 'one' } })]),
    'par, 32 references': checklistArm(() => [par({ references: { meta: 'references' } })]),
    'raw, KL times 10': checklistArm(() => [], 10 * checklistSettings.beta),
  },
  verdict(arms) {
    const others = ['raw', 'running z score', 'running clip', 'running minimum and maximum', 'log-sigmoid'] as const
    const tests = others.map((name) => ({ name, ...pairedT(arms.par, arms[name]) }))
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const beaten = tests.filter(({ t }) => t > 2.1).length
    const leash = pairedT(arms.par, arms['raw, KL times 10'])
    const all = tests.map(({ name, difference, t }) => `${name} ${difference.toFixed(2)} (t ${t.toFixed(1)})`)
    return {
      holds: beaten === tests.length ? 'yes' : beaten === 0 ? 'no' : 'mixed',
      because: `PAR's gold less that of: ${all.join(', ')}; of raw with ten times the KL weight ${leash.difference.toFixed(2)}`,
    }
  },
  notes: [
    'PAR lies in (0, 1) where the raw proxy spans eight: the same KL weight binds it more. The last arm is the control for that; see KL beside gold.',
    'With GRPO, whose division by the deviation is left out here, every affine shaping would be the raw reward again.',
  ],
})
