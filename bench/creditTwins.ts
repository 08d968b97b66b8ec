/** The scalar credits once more, token by token as their papers write them, with no thought of speed: what the bench checks against. */
import type { Group } from '../src/data/rollout.ts'

export type Twin = (groups: readonly Group[]) => number[][][]

const valuesOf = ({ scores }: Group) => scores.map((score) => (score.kind === 'scored' ? score.value : Number.NaN))
const lengthOf = ({ rollouts }: Group, i: number) => rollouts[i].logprobs.length
const mean = (list: readonly number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
const deviation = (list: readonly number[], less: 0 | 1) =>
  Math.sqrt(list.reduce((sum, value) => sum + (value - mean(list)) ** 2, 0) / (list.length - less))
const others = <T>(list: readonly T[], i: number) => list.filter((_, j) => j !== i)

/** The same number at every token. */
const flat = (of: (values: readonly number[], i: number) => number): Twin => {
  return (groups) =>
    groups.map((group) =>
      valuesOf(group).map((_, i) => new Array<number>(lengthOf(group, i)).fill(of(valuesOf(group), i))),
    )
}

const standard = (values: readonly number[], i: number) =>
  deviation(values, 1) === 0 ? 0 : (values[i] - mean(values)) / (deviation(values, 1) + 1e-6)

export const grpoTwin = flat(standard)
export const rlooTwin = flat((values, i) => values[i] - mean(others(values, i)))

/** The Beta density by summing it up instead of by its gamma functions. */
export const bnpoTwin: Twin = (groups) => {
  const rates = groups.map((group) => mean(valuesOf(group)))
  const mu = mean(rates)
  const c = (mu * (1 - mu)) / deviation(rates, 1) ** 2 - 1
  const [alpha, beta] = [Math.max(1, 1 + (c * mu) / 3), Math.max(1, 1 + (c * (1 - mu)) / 3)]
  const density = (p: number) => p ** (alpha - 1) * (1 - p) ** (beta - 1)
  const cells = 200_000
  let area = 0
  for (let k = 0; k < cells; k++) area += density((k + 0.5) / cells) / cells
  return flat((values, i) => {
    const p = mean(values)
    return p === 0 || p === 1 ? 0 : ((values[i] - p) * area) / density(p)
  })(groups)
}

/** Every prefix of every answer is compared with every other answer. */
export const tempoTwin: Twin = (groups) =>
  groups.map((group) => {
    const values = valuesOf(group)
    const answers = group.rollouts.map(({ sequence }) => [...sequence.tokens.subarray(sequence.promptLength)])
    const prefixValue = (i: number, t: number) =>
      mean(
        values.filter(
          (_, k) => answers[k].length >= t && answers[i].slice(0, t).every((id, u) => answers[k][u] === id),
        ),
      )
    return answers.map((answer, i) =>
      answer.map((_, t) => {
        if (deviation(values, 1) === 0) return 0
        const delta = prefixValue(i, t + 1) - prefixValue(i, t)
        return (values[i] - mean(values) + delta) / (deviation(values, 1) + 1e-6)
      }),
    )
  })

/** Step rewards on their tokens, weighed by `weigh`; returns by adding up what follows each token, again and again. */
const stepwise =
  (weigh: (steps: readonly number[]) => readonly number[]): Twin =>
  (groups) => {
    const longest = Math.max(...groups.flatMap(({ rollouts }) => rollouts.map(({ logprobs }) => logprobs.length)))
    return groups.map((group) => {
      const returns = group.scores.map((score, i) => {
        const rewards = new Array<number>(lengthOf(group, i)).fill(0)
        if (score.kind === 'unscored') return rewards
        weigh([...(score.steps ?? [])]).forEach((reward, j) => {
          rewards[group.rollouts[i].stepEnds?.[j] ?? 0] += reward
        })
        rewards[rewards.length - 1] += score.value
        return rewards.map((_, t) => rewards.slice(t).reduce((sum, reward) => sum + reward, 0))
      })
      return returns.map((row, i) => {
        const base =
          others(returns, i)
            .flat()
            .reduce((sum, value) => sum + value, 0) /
          ((returns.length - 1) * longest)
        return row.map((value) => value - base)
      })
    })
  }

export const pureTwin = stepwise((steps) => {
  const rewards = steps.map((p) => 2 * p - 1)
  const total = rewards.reduce((sum, reward) => sum + Math.exp(-reward / 0.1), 0)
  return rewards.map((reward) => (Math.exp(-reward / 0.1) / total) * reward)
})

export const clipDeltaTwin = stepwise((steps) => {
  const clipped = steps.map((reward) => Math.min(reward - 0.8, 0))
  const last = steps.length - 1
  return clipped.map((reward, k) => (k === last ? 0 : k === last - 1 ? reward : reward - clipped[k + 1]))
})

/** Every group penalised (lambda 1), then GRPO. */
export const grpoLambdaTwin: Twin = (groups) =>
  groups.map((group) => {
    const plain = valuesOf(group)
    const lengths = plain.map((_, i) => lengthOf(group, i))
    const right = lengths.filter((_, i) => plain[i] > 0.5)
    const spread = deviation(right, 0)
    const values = plain.map((value, i) => {
      const z = spread === 0 ? 0 : (lengths[i] - mean(right)) / spread
      return value > 0.5 ? value - 0.6 / (1 + Math.exp(-z)) : value
    })
    return values.map((_, i) => new Array<number>(lengths[i]).fill(standard(values, i)))
  })
