/**
 * AlignDistil, "Token-Level Language Model Alignment as Adaptive Policy Distillation" (2025, arXiv 2503.02832): RLHF on DPO's token
 * reward as distillation from whole distributions. Does the extrapolated teacher take a student past DPO?
 */
import type { Preference } from 'guerdon/data'
import { type AlignDistilOptions, alignDistilTeacher, dpo, rlhfTeacher } from 'guerdon/objectives'
import { copyOf, type LocalPolicy } from 'guerdon/policy'
import { type ArmRun, type DistilOptions, distil, pairedT, recipe, teacherOf } from 'guerdon/train'
import { accuracyOf, arm, critical, maxTokens, points, prepare, type Start, settings, train } from './chainSum.ts'

const { beta } = settings
const own = { ...settings, steps: 27, mostWeight: 2 }

interface Trained extends Start {
  readonly dpo: LocalPolicy
  readonly reverse: LocalPolicy
}

const turned = ({ prompt, chosen, rejected }: Preference) => ({ prompt, chosen: rejected, rejected: chosen })

/** A student from the reference, taught by the two models' distributions on chosen answers or on its own. */
function distilled(teacher: (start: Trained) => DistilOptions['teacher'], onPolicy = false) {
  return async (start: Trained, seed: number): Promise<ArmRun> => {
    const policy = copyOf(start.model)
    const answers = onPolicy
      ? {
          prompts: Iterator.from(
            start.pairs.map(({ prompt }) => prompt).concat(start.pairs.map(({ prompt }) => prompt)),
          ),
          maxTokens,
        }
      : Iterator.from([0, 1, 2].flatMap(() => start.pairs.map(({ prompt, chosen }) => ({ prompt, answer: chosen }))))
    const history = await distil({
      policy,
      answers,
      teacher: teacher(start),
      steps: own.steps,
      batch: settings.batch,
      seed,
      adam: { learningRate: settings.learningRate, clipNorm: 1 },
    })
    const value = await accuracyOf(policy, start)
    await policy.close()
    const steps = history.map(({ step }) => step)
    const last = history[history.length - 1].metrics
    return {
      value,
      curves: { 'Divergence from the teacher': { steps, values: history.map(({ metrics }) => metrics.divergence) } },
      extra: { strength: last.strength, 'largest term': last.largestTerm },
    }
  }
}

const contrastive =
  (options: AlignDistilOptions) =>
  (start: Trained): DistilOptions['teacher'] =>
    teacherOf(start.dpo, start.reverse, (a, b) => alignDistilTeacher(a, b, start.model.config.vocabulary, options))

const adaptive = { beta, mostWeight: own.mostWeight }

export default recipe<Trained>({
  number: 7,
  title: 'AlignDistil: alignment as distillation from an extrapolated teacher',
  paper: 'arXiv 2503.02832',
  claim:
    'A student taught by logits extrapolated from DPO away from reverse DPO surpasses DPO at the same number of steps.',
  measure: 'Sampled accuracy after the last step',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: own,
  async prepare(seed) {
    const start = await prepare(seed)
    const trained = await train(start, seed, dpo({ beta }))
    const reverse = await train(start, seed, dpo({ beta }), { data: start.pairs.map(turned) })
    return { ...start, dpo: trained.policy, reverse: reverse.policy }
  },
  arms: {
    dpo: async (start, seed) => {
      const run = await arm(() => dpo({ beta }))(start, seed)
      return { ...run, value: run.extra?.['last pass'] ?? Number.NaN }
    },
    'AlignDistil, chosen answers': distilled(contrastive(adaptive)),
    'AlignDistil, own answers': distilled(contrastive(adaptive), true),
    'constant strength 1': distilled(contrastive({ beta, strength: 1 })),
    'theorem 1, strength 2, no reverse model': distilled((start) =>
      teacherOf(start.dpo, start.model.freeze(), (a, b) =>
        rlhfTeacher(a, b, start.model.config.vocabulary, { beta, kl: beta / 2 }),
      ),
    ),
  },
  verdict(arms) {
    const off = pairedT(arms['AlignDistil, chosen answers'], arms.dpo)
    const on = pairedT(arms['AlignDistil, own answers'], arms.dpo)
    const wins = [off, on].filter(({ t }) => t > critical).length
    return {
      holds: wins === 2 ? 'yes' : wins === 1 ? 'mixed' : 'no',
      because: `AlignDistil - DPO: ${points(off)} on chosen answers, ${points(on)} on its own`,
    }
  },
  notes: [
    "The teacher's two DPO runs are not counted in the steps compared.",
    'Weights are held at 2: where both models agree they would rise to 100. Answers of one length cannot show lengths exploding.',
  ],
})
