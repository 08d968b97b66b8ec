/** Preferences from scored answers: what a verifier or a reward says of a policy's own samples, as data to learn from. */
import type { Feedback, Group, Preference } from '../data/rollout.ts'

/**
 * One pair of each group: its first answer with the highest value against its first with the lowest. Groups whose values
 * are all equal, or that have fewer than two scored answers, give none.
 */
export function pairsOf(groups: readonly Group[]): Preference[] {
  return groups.flatMap(({ prompt, rollouts, scores }) => {
    let [best, worst] = [-1, -1]
    scores.forEach((score, i) => {
      if (score.kind === 'unscored') return
      if (best < 0 || score.value > valueAt(best)) best = i
      if (worst < 0 || score.value < valueAt(worst)) worst = i
    })
    function valueAt(i: number): number {
      const score = scores[i]
      return score.kind === 'scored' ? score.value : Number.NaN
    }
    if (best < 0 || valueAt(best) === valueAt(worst)) return []
    const text = (i: number) => rollouts[i].sample.completion.text
    return [{ prompt, chosen: text(best), rejected: text(worst) }]
  })
}

/** Every scored answer with a thumb: up where its value is above `threshold`. Default 0.5. */
export function feedbackOf(groups: readonly Group[], threshold = 0.5): Feedback[] {
  return groups.flatMap(({ rollouts, scores }) =>
    rollouts.flatMap(({ sample }, i): Feedback[] => {
      const score = scores[i]
      return score.kind === 'scored' ? [{ sample, desirable: score.value > threshold }] : []
    }),
  )
}
