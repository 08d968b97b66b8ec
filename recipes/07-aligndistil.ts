/**
 * AlignDistil, "Token-Level Language Model Alignment as Adaptive Policy Distillation" (2025, arXiv 2503.02832): RLHF on DPO's token
 * reward as distillation from whole distributions. Does the extrapolated teacher take a student past DPO?
 */
import type { Preference } from 'guerdon/data'
import { type AlignDistilOptions, alignDistilTeacher, dpo, rlhfTeacher } from 'guerdon/objectives'
import { copyOf, type LocalPolicy } from 'guerdon/policy'
import { type ArmRun, type DistilOptions, distil, pairedT, recipe, teacherOf } from 'guerdon/train'
import {
  accuracyOf,
  arm,
  critical,
  maxTokens,
  points,
  prepare,
  type Start,
  settings,
  train,
  trainingPairs,
} from './chainSum.ts'

const { beta } = settings
const own = { ...settings, mostWeight: 2 }

interface Trained extends Start {
  readonly dpo: LocalPolicy
  readonly reverse: LocalPolicy
}

const turned = ({ prompt, chosen, rejected }: Preference) => ({ prompt, chosen: rejected, rejected: chosen })

/** A student from the reference, taught by the two models' distributions on chosen answers or on its own. */
function distilled(teacher: (start: Trained) => DistilOptions['teacher'], onPolicy = false) {
  return async (start: Trained, seed: number): Promise<ArmRun> => {
    const policy = copyOf(start.model)
    const pairs = trainingPairs(start)
    // As many steps as DPO makes, and answers enough for them.
    const steps = settings.epochs * Math.ceil(pairs.length / settings.batch)
    const passes = Array.from({ length: settings.epochs + 1 }, () => pairs).flat()
    const answers = onPolicy
      ? { prompts: passes.map(({ prompt }) => prompt).values(), maxTokens }
      : passes.map(({ prompt, chosen }) => ({ prompt, answer: chosen })).values()
    const history = await distil({
      policy,
      answers,
      teacher: teacher(start),
      steps,
      batch: settings.batch,
      seed,
      adam: { learningRate: settings.learningRate, clipNorm: 1 },
    })
    const value = await accuracyOf(policy, start)
    await policy.close()
    const last = history[history.length - 1].metrics
    return {
      value,
      curves: {
        'Divergence from the teacher': {
          steps: history.map(({ step }) => step),
          values: history.map(({ metrics }) => metrics.divergence),
        },
      },
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
    const reverse = await train(start, seed, dpo({ beta }), { data: trainingPairs(start).map(turned) })
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
