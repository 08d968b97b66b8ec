/** Supervised tuning: the loop for demonstrations, by the supervised objective's weights per token. */
import { GuerdonError } from '../data/error.ts'
import type { Sequence } from '../data/rollout.ts'
import type { Schedule } from '../nn/schedule.ts'
import type { Adam, Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'
import type { Demonstration } from '../tasks/task.ts'
import type { StepProgress } from './options.ts'

export interface SupervisedOptions {
  readonly policy: Policy
  /** As many as are asked for: `steps * batch` are taken. */
  readonly demonstrations: AsyncIterable<Demonstration> | Iterable<Demonstration>
  readonly steps: number
  /** Demonstrations a step. Default 32. */
  readonly batch?: number
  /** Default: learning rate 2e-3 (nano models), clip norm 1. */
  readonly adam?: Adam
  /** Factor of the learning rate by step. Default: always 1. */
  readonly schedule?: Schedule
  /** Aborted: the step at hand is finished and the losses so far are returned. */
  readonly signal?: AbortSignal
  readonly onStep?: (progress: StepProgress) => void
}

/**
 * Minimises the mean over a batch's answer tokens of -log p (the end token included). Returns each step's loss, in
 * nats a token; fewer steps when the signal is aborted.
 */
export async function supervised(options: SupervisedOptions): Promise<number[]> {
  const { policy, steps, batch = 32, adam = { learningRate: 2e-3, clipNorm: 1 } } = options
  await using source = each(options.demonstrations)
  const losses: number[] = []
  for (let step = 1; step <= steps && options.signal?.aborted !== true; step++) {
    const sequences: Sequence[] = []
    while (sequences.length < batch) {
      const { value, done } = await source.next()
      if (done === true)
        throw new GuerdonError(
          `the demonstrations ended after ${(step - 1) * batch + sequences.length}, but ${steps} steps of ${batch} were asked for`,
        )
      sequences.push(demonstrationSequence(policy, value))
    }
    const count = sequences.reduce((total, { tokens, promptLength }) => total + tokens.length - promptLength, 0)
    const coefficients = sequences.map(({ tokens, promptLength }) => ({
      logprobs: new Float32Array(tokens.length - promptLength).fill(-1 / count),
    }))
    const { logprobs } = await policy.backward(sequences, coefficients)
    const loss = -logprobs.reduce((total, line) => total + line.reduce((sum, value) => sum + value, 0), 0) / count
    const factor = options.schedule?.(step - 1) ?? 1
    const { gradientNorm } = await policy.step({ ...adam, learningRate: adam.learningRate * factor })
    losses.push(loss)
    options.onStep?.({ step, steps, metrics: { loss, gradientNorm } })
  }
  return losses
}

/** The prompt, the answer and the end token as one sequence. */
export function demonstrationSequence(policy: Policy, { prompt, answer }: Demonstration): Sequence {
  const { tokenizer, contextLength } = policy
  const head = promptTokens(policy, prompt)
  const tail = tokenizer.encode(answer)
  const tokens = Int32Array.of(...head, ...tail, tokenizer.endId)
  if (tokens.length > contextLength)
    throw new GuerdonError(
      `the demonstration for prompt '${prompt.id}' has ${tokens.length} tokens and the model's context holds ${contextLength}`,
    )
  return { tokens, promptLength: head.length }
}

async function* each<T>(source: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T, undefined, undefined> {
  yield* source
}
