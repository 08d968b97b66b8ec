/**
 * All preference objectives on one task, with the same pairs, steps and seeds: running sums by a writer who errs in known places.
 * A method more is an arm more. Sampled accuracy, because held-out margins are each objective's own measure.
 */
import { contrastivePrompts, dpoReward } from 'guerdon/credit'
import { bco, dpo, kto, orpo, simpo } from 'guerdon/objectives'
import type { LocalPolicy } from 'guerdon/policy'
import type { TokenPicture } from 'guerdon/runs'
import { type Care, withCare } from 'guerdon/tasks'
import { type ArmRun, pairedT, recipe } from 'guerdon/train'
import tReg from '../03-t-reg.ts'
import tgdpo from '../05-tgdpo.ts'
import alignDistil from '../07-aligndistil.ts'
import cdpo from '../30-cdpo.ts'
import {
  arm,
  beamAccuracy,
  critical,
  points,
  prepare,
  rejectedAnswers,
  type Start,
  settings,
  train,
} from '../chainSum.ts'

const { beta } = settings
const cares: readonly Care[] = ['=', '+', '-']

/** With the models that AlignDistil learns from, which also guide nobody else here. */
interface Setup extends Start {
  readonly dpo: LocalPolicy
  readonly reverse: LocalPolicy
}

type Arm = (start: Setup, seed: number) => Promise<ArmRun>

/** Judged after the last step, with the seconds it took. */
const last =
  (run: Arm): Arm =>
  async (start, seed) => {
    const began = performance.now()
    const found = await run(start, seed)
    const { reference, 'last pass': after = found.value, ...extra } = found.extra ?? {}
    const first: Record<string, number> = reference === undefined ? {} : { 'first pass': found.value }
    return { ...found, value: after, extra: { ...first, ...extra, seconds: (performance.now() - began) / 1000 } }
  }

const arms: Readonly<Record<string, Arm>> = {
  dpo: arm(() => dpo({ beta })),
  ipo: arm(() => dpo({ beta, loss: 'ipo' })),
  hinge: arm(() => dpo({ beta, loss: 'hinge' })),
  'robust, 10 % wrong': arm(() => dpo({ beta, loss: 'robust', labelSmoothing: 0.1 })),
  'apo-zero': arm(() => dpo({ beta, loss: 'apo-zero' })),
  simpo: arm(() => simpo()),
  orpo: arm(() => orpo()),
  kto: arm(() => kto({ beta })),
  bco: arm(() => bco({ beta })),
  'T-REG': tReg.arms['T-REG'],
  'TGDPO, guided by DPO': tgdpo.arms['TGDPO, guided by DPO'],
  cDPO: cdpo.arms.cDPO,
  'AlignDistil, chosen answers': alignDistil.arms['AlignDistil, chosen answers'],
}

/** From r to Q* trains nothing beyond DPO: it searches with its policy. One beam is greedy decoding, to hold it against. */
const searching =
  (beams: number): Arm =>
  async (start) => {
    const began = performance.now()
    const { right, read } = await beamAccuracy(start.dpo, start, beams, start.test.length)
    return { value: right, extra: { 'tokens read an answer': read, seconds: (performance.now() - began) / 1000 } }
  }

const [greedy, beam] = ['dpo, greedy', 'dpo, beam of 5 (r to Q*)']

export default recipe<Setup>({
  title: 'Preference objectives',
  paper: 'thirteen objectives: docs/credit-and-objectives.md names their papers',
  claim: 'Each objective learns at least as much from the same pairs as DPO.',
  measure: 'Sampled accuracy after the last step',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, cares: [...cares] },
  async prepare(seed) {
    const start = await prepare(seed, cares)
    const turned = start.pairs.map(({ prompt, chosen, rejected }) => ({ prompt, chosen: rejected, rejected: chosen }))
    const [forward, reverse] = [
      await train(start, seed, dpo({ beta })),
      await train(start, seed, dpo({ beta }), { data: turned }),
    ]
    return { ...start, dpo: forward.policy, reverse: reverse.policy }
  },
  arms: {
    ...Object.fromEntries(Object.entries(arms).map(([name, run]) => [name, last(run)])),
    [greedy]: searching(1),
    [beam]: searching(5),
  },
  async pictures(start): Promise<readonly TokenPicture[]> {
    const asked = (care: Care) => (prompt: Parameters<typeof withCare>[0]) => withCare(prompt, care)
    const frozen = start.model.freeze()
    const scorers = [
      [
        'contrasting prompts (T-REG)',
        contrastivePrompts(frozen, start.model, { better: asked('+'), worse: asked('-') }),
      ],
      ['reward of the DPO model (TGDPO)', dpoReward(start.dpo, frozen, { beta })],
    ] as const
    const answers = rejectedAnswers(start).slice(0, 6)
    const scores = await Promise.all(
      scorers.map(async ([name, scorer]) => ({ name, values: await scorer.score(answers) })),
    )
    return answers.map(({ prompt, sequence: { tokens, promptLength }, errors }, i) => ({
      title: `${String(prompt.messages[0].content)} rejected`,
      tokens: [...tokens.subarray(promptLength)].map((id) => start.model.tokenizer.tokenText(id)),
      rows: [
        { name: 'where it errs', values: errors.map((wrong) => (wrong ? -1 : 0)) },
        ...scores.map(({ name, values }) => ({ name, values: [...values[i]] })),
      ],
    }))
  },
  verdict(results) {
    // Answers that were searched for are not held against sampled ones.
    const others = Object.values(results).filter(({ name }) => !['dpo', greedy, beam].includes(name))
    const found = pairedT(results[beam], results[greedy])
    const named = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join('; '))
    const by = (passes: (t: number) => boolean) =>
      others.filter((each) => passes(pairedT(each, results.dpo).t)).map(({ name }) => name)
    const [better, worse] = [by((t) => t > critical), by((t) => t < -critical)]
    return {
      holds: worse.length === 0 ? 'yes' : better.length === 0 ? 'no' : 'mixed',
      because: `above DPO by more than chance: ${named(better)}. Below: ${named(worse)}. A beam of 5 - greedy: ${points(found)}`,
    }
  },
  notes: [
    'One learning rate for all, tuned for none, and one beta where there is one. All take three passes over the same pairs.',
    'The guides of TGDPO and AlignDistil are DPO runs of their own; the two models that tell cDPO its tokens are tuned on the same samples. The seconds of TGDPO and cDPO count theirs, those of AlignDistil do not.',
    'RTO (recipe 12) is an arm of the comparison of credits, not of this one: it learns online from a score of whole answers beside the token rewards of a DPO model. A verifier as that score would tell it what no pair tells the others. On the token rewards alone it is another method, and unstable: on one trial seed sampled accuracy rose from 36 to 76 % in 14 steps and was 0 after 33, when it wrote signs that no pair holds.',
    "From r to Q* (recipe 54) trains nothing beyond DPO: its two arms decode DPO's policy, one answer a prompt, greedily and by the likeliest of five beams. They are to be held against each other, not against sampled answers.",
    'Twelve comparisons at 5 % will pass one by chance about every other time.',
  ],
})
