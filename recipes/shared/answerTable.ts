/**
 * The smallest policy there is: a table of logits, one row a question, one column an answer, learned by REINFORCE with
 * rewards normalised over the batch (arXiv 2503.23829, eq. 2 and 5):
 *
 *     logits[q] += rate (r - mean) / sd * (onehot(a) - pi(. | q)),   nothing where sd is 0
 */
import { random } from 'guerdon/data'

export interface TableBudget {
  readonly batch: number
  readonly steps: number
  readonly learningRate: number
}

/** Probabilities of the answers, [question][answer]: before, every tenth step, and at the end. */
export function learnTable(
  rewards: readonly (readonly number[])[],
  { batch, steps, learningRate }: TableBudget,
  seed: number,
): (readonly (readonly number[])[])[] {
  const draw = random(`table ${seed}`)
  const logits = rewards.map((row) => new Float64Array(row.length))
  const tables = [logits.map(softmax)]
  for (let step = 1; step <= steps; step++) {
    const drawn = Array.from({ length: batch }, () => {
      const question = draw.int(0, logits.length - 1)
      const chances = softmax(logits[question])
      let rest = draw.next()
      const answer = Math.max(
        0,
        chances.findIndex((chance) => {
          rest -= chance
          return rest < 0
        }),
      )
      return { question, answer, chances, reward: rewards[question][answer] }
    })
    const mean = drawn.reduce((total, { reward }) => total + reward, 0) / batch
    const sd = Math.sqrt(drawn.reduce((total, { reward }) => total + (reward - mean) ** 2, 0) / batch)
    if (sd > 0)
      for (const { question, answer, chances, reward } of drawn)
        for (const [i, chance] of chances.entries())
          logits[question][i] += learningRate * ((reward - mean) / sd) * ((i === answer ? 1 : 0) - chance)
    if (step % 10 === 0 || step === steps) tables.push(logits.map(softmax))
  }
  return tables
}

/** The mean over questions of the probability of answers that `counts` picks. */
export function shareOf(
  table: readonly (readonly number[])[],
  counts: (question: number, answer: number) => boolean,
): number {
  const shares = table.map((row, q) => row.reduce((sum, chance, a) => sum + (counts(q, a) ? chance : 0), 0))
  return shares.reduce((total, share) => total + share, 0) / shares.length
}

function softmax(logits: Float64Array): number[] {
  const most = Math.max(...logits)
  const weights = Array.from(logits, (logit) => Math.exp(logit - most))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}
