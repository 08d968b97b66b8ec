/**
 * Mixed rewards, "Mixed-R1: Unified Reward Perspective For Reasoning" (2025, arXiv 2505.24164): one run over several kinds of
 * tasks, the reward chosen by the kind that each prompt names. The paper's four kinds are
 *
 *     match: multipleChoice or normalisedMatch     chart: chartTolerance     iou: iou     open: bmas
 *
 * A group's prompt has one kind, so kinds of different scales never meet in one group.
 */
import { type Score, unscored } from '../data/score.ts'
import { nearestName } from '../text/nearestName.ts'
import { ask } from './ask.ts'
import { combination, kept, knownRanges } from './combine.ts'
import type { Reward } from './reward.ts'

/**
 * Each prompt's reward by its `meta[type]`. The value stays under the kind's name in `parts`, so that a collapsed kind shows
 * in the curves; dense rewards are kept. A prompt without a kind, or of an unknown one, is Unscored.
 *
 * @param options type: the `meta` key that names the kind, default 'type'
 */
export function byType(rewards: Readonly<Record<string, Reward>>, options: { readonly type?: string } = {}): Reward {
  const { type = 'type' } = options
  const inner = Object.entries(rewards).map(([name, reward]) => ({ name, reward }))
  const ranges = knownRanges(inner)
  const range =
    ranges && ([Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] as const)
  return combination('byType', inner, range, async (samples, signal) => {
    const kinds = samples.map(({ prompt }) => prompt.meta?.[type])
    const scores = kinds.map((kind): Score => unscored('reward', unknownKind(kind, type, Object.keys(rewards))))
    await Promise.all(
      inner.map(async ({ name, reward }) => {
        const own = kinds.flatMap((kind, at) => (kind === name ? at : []))
        const answers = await ask(
          reward,
          own.map((at) => samples[at]),
          signal,
        )
        own.forEach((at, i) => {
          const score = answers[i]
          scores[at] =
            score.kind === 'scored'
              ? { ...score, ...kept([[name, score]]) }
              : unscored(score.at, `${name}: ${score.reason}`)
        })
      }),
    )
    return scores
  })
}

function unknownKind(kind: unknown, type: string, known: readonly string[]): string {
  if (typeof kind !== 'string') return `the prompt has no text '${type}' in its meta, which names its kind`
  const near = nearestName(kind, known)
  return `there is no reward for the kind '${kind}'${near === undefined ? '' : ` (is it '${near}'?)`}`
}
