/**
 * TEMPO ("Exploiting Tree Structure for Credit Assignment", 2025, arXiv 2509.18314): the answers of a group form a prefix tree, and the mean reward of the
 * answers that share a prefix is a value V of that prefix, free of cost. The change of V at a branching token is
 * added to the GRPO advantage:
 *
 *     delta_{i,t} = V(first t tokens of i) - V(first t-1 tokens of i)        V(nothing) = mean r
 *     A_{i,t} = (r_i - mean r + weight delta_{i,t}) / (std r + epsilon)
 *
 * delta is 0 wherever no answer leaves the prefix, and sums to r_i - mean r over an answer that becomes unique.
 */
import { completionLength, type Group } from '../data/rollout.ts'
import type { Credit } from './credit.ts'
import { meanOf, sampleStd, scoredPart, zeros } from './groupBaseline.ts'

export interface TempoOptions {
  /** Weight of the temporal difference: 0 is GRPO, 1 the paper. Default 1. */
  readonly weight?: number
  /** Divide by the sample standard deviation (n - 1) of the group's rewards, or by nothing. Default 'std'. */
  readonly normalise?: 'std' | 'none'
  /** Added to the standard deviation. Default 1e-6. */
  readonly epsilon?: number
}

/**
 * Token credit from prefixes that answers share, compared by token id. Reports `tempo/branching` (share of tokens with
 * delta != 0) and `tempo/sharedPrefix` (mean number of leading tokens shared with another answer of the group): where
 * both are near 0 it is GRPO. Groups whose scores are all equal, or with fewer than 2, get zeros.
 */
export function tempo(options: TempoOptions = {}): Credit {
  const { weight = 1, normalise = 'std', epsilon = 1e-6 } = options
  return {
    name: 'tempo',
    needs: [],
    assign(groups, _outputs, report) {
      const total = { tokens: 0, branching: 0, shared: 0, rollouts: 0 }
      const advantages = groups.map((group) => {
        const arrays = zeros(group)
        const { indices, values } = scoredPart(group)
        const mean = meanOf(values)
        const std = sampleStd(values, mean)
        const tree = prefixTree(
          indices.map((i) => completionOf(group, i)),
          values,
        )
        const scale = normalise === 'std' ? std + epsilon : 1
        indices.forEach((i, k) => {
          const deltas = tree.deltas[k]
          total.tokens += deltas.length
          total.rollouts++
          total.shared += tree.shared[k]
          for (const delta of deltas) if (delta !== 0) total.branching++
          if (std === 0) return
          for (let t = 0; t < deltas.length; t++) arrays[i][t] = (values[k] - mean + weight * deltas[t]) / scale
        })
        return arrays
      })
      report?.('tempo/branching', total.branching / Math.max(1, total.tokens))
      report?.('tempo/sharedPrefix', total.shared / Math.max(1, total.rollouts))
      return advantages
    },
  }
}

/** delta of every token of every answer, and how many leading tokens each answer shares with another. */
interface PrefixTree {
  readonly deltas: readonly Float64Array[]
  readonly shared: readonly number[]
}

/** Answers that agree so far, as indices, and their mean reward: a node of the tree. */
interface Node {
  readonly members: readonly number[]
  readonly value: number
}

/**
 * Walks the tree level by level. Only nodes with two answers or more are kept: once an answer is alone all its
 * later deltas are 0, so the cost is that of the shared prefixes.
 */
function prefixTree(answers: readonly Int32Array[], rewards: readonly number[]): PrefixTree {
  const deltas = answers.map((answer) => new Float64Array(answer.length))
  const shared = answers.map(() => 0)
  let level: Node[] = answers.length > 1 ? [{ members: answers.map((_, k) => k), value: meanOf(rewards) }] : []
  for (let t = 0; level.length > 0; t++) {
    const below: Node[] = []
    for (const node of level) {
      for (const members of childrenOf(node.members, answers, t)) {
        const whole = members.length === node.members.length
        const value = whole ? node.value : meanOf(members.map((k) => rewards[k]))
        for (const k of members) deltas[k][t] = value - node.value
        if (members.length < 2) continue
        for (const k of members) shared[k]++
        below.push({ members, value })
      }
    }
    level = below
  }
  return { deltas, shared }
}

/** The members that have a token t, by that token. */
function childrenOf(members: readonly number[], answers: readonly Int32Array[], t: number): (readonly number[])[] {
  const token = answers[members[0]][t]
  // Most levels do not branch.
  if (token !== undefined && members.every((k) => answers[k][t] === token)) return [members]
  const children = new Map<number, number[]>()
  for (const k of members) {
    if (t >= answers[k].length) continue
    const child = children.get(answers[k][t])
    if (child === undefined) children.set(answers[k][t], [k])
    else child.push(k)
  }
  return [...children.values()]
}

function completionOf(group: Group, rollout: number): Int32Array {
  const { sequence } = group.rollouts[rollout]
  return sequence.tokens.subarray(sequence.tokens.length - completionLength(sequence))
}
