/**
 * WildBench's metrics ("WildBench: Benchmarking LLMs with Challenging Tasks from Real Users in the Wild", arXiv
 * 2406.04770; code allenai/WildBench), from a judge's raw outcomes:
 *
 *     WB-Score = 2 (mean(s) - 5),  s in 1..10
 *     WB-Reward = mean(v),  v in {1, 1/2, 0, -1/2, -1} for much better ... much worse than the baseline
 *
 * Length-bias rule with margin K: "slightly better" is a tie where the winner is longer by more than K characters.
 */

/** A five-way outcome from the tested answer's view. */
export type Outcome = 'much better' | 'better' | 'tie' | 'worse' | 'much worse'

const values: Readonly<Record<Outcome, number>> = {
  'much better': 1,
  better: 0.5,
  tie: 0,
  worse: -0.5,
  'much worse': -1,
}

/** What an outcome is worth, in [-1, 1]. */
export function outcomeValue(outcome: Outcome): number {
  return values[outcome]
}

/**
 * The outcome after the length rule. `margin` is K in characters of the judged texts, strict; Infinity switches the rule
 * off. Outcomes by much are never changed.
 */
export function lengthRule(outcome: Outcome, length: number, baselineLength: number, margin: number): Outcome {
  const longerWins =
    (outcome === 'better' && length > baselineLength + margin) ||
    (outcome === 'worse' && baselineLength > length + margin)
  return longerWins ? 'tie' : outcome
}

/** The outcome that needs no judge because a side is empty, or undefined where both say something. */
export function emptyOutcome(text: string, baseline: string): Outcome | undefined {
  const [nothing, nothingElse] = [text.trim() === '', baseline.trim() === '']
  if (!nothing && !nothingElse) return undefined
  return nothing && nothingElse ? 'tie' : nothing ? 'much worse' : 'much better'
}

/** WB-Score of judges' scores 1..10, in [-8, 10]; 0 is borderline. The leaderboard shows ten times that. */
export function wbScoreOf(scores: readonly number[]): number {
  return (scores.reduce((total, score) => total + score, 0) / scores.length - 5) * 2
}

/** WB-Reward of outcomes, in [-1, 1]. */
export function wbRewardOf(outcomes: readonly Outcome[]): number {
  return outcomes.reduce((total, outcome) => total + values[outcome], 0) / outcomes.length
}

/** The leaderboard's groups of tags, with their weights in the task macro. */
export const taskGroups: Readonly<Record<string, { readonly weight: number; readonly tags: readonly string[] }>> = {
  creative: { weight: 0.5, tags: ['Creative Writing', 'Editing', 'Brainstorming', 'Role playing', 'Others'] },
  planning: { weight: 1.25, tags: ['Planning', 'Reasoning'] },
  math: { weight: 1, tags: ['Math', 'Data Analysis'] },
  information: { weight: 0.75, tags: ['Information seeking', 'Advice seeking'] },
  coding: { weight: 1.25, tags: ['Coding & Debugging'] },
}

/** The weighted mean of the groups' values: Σ w g / Σ w over the groups that have one. */
export function taskMacro(groups: Readonly<Partial<Record<string, number>>>): number {
  let [total, weights] = [0, 0]
  for (const [name, { weight }] of Object.entries(taskGroups)) {
    const value = groups[name]
    if (value === undefined) continue
    total += weight * value
    weights += weight
  }
  return total / weights
}
