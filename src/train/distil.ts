/**
 * Distillation: a policy learns whole distributions of a teacher at every token of answers, given ones (off-policy) or its
 * own (on-policy). L = mean over answers of 1/|y| Σ_t w_t KL(π_θ || teacher_t); the gradient goes through π_θ at fixed answers.
 */
import type { Prompt } from '../data/message.ts'
import type { Sequence } from '../data/rollout.ts'
import type { Schedule } from '../nn/schedule.ts'
import type { TeacherRows } from '../objectives/alignDistil.ts'
import type { Adam, FrozenPolicy, Policy } from '../policy/policy.ts'
import type { Demonstration } from '../tasks/task.ts'
import { mean } from './metrics.ts'
import type { StepProgress } from './options.ts'
import { demonstrationSequence } from './supervised.ts'

export interface DistilOptions {
  readonly policy: Policy
  /** Answers to read, or prompts to answer with at most so many tokens; as many as are asked for. */
  readonly answers: Iterator<Demonstration> | { readonly prompts: Iterator<Prompt>; readonly maxTokens: number }
  /** The teacher's distributions and weights for some sequences, over their completions' tokens. */
  readonly teacher: (sequences: readonly Sequence[]) => Promise<readonly TeacherRows[]>
  readonly steps: number
  /** Answers a step. Default 32. */
  readonly batch?: number
  readonly seed: number | string
  /** Default: learning rate 3e-4 (nano models), clip norm 1. */
  readonly adam?: Adam
  /** Factor of the learning rate by step. Default: always 1. */
  readonly schedule?: Schedule
  /** Aborted: the step at hand is finished and what was done is returned. */
  readonly signal?: AbortSignal
  readonly onStep?: (progress: StepProgress) => void
}

/** Answers whose distributions are held at once. */
const together = 8

/** Fewer steps where the answers run out. Every step's metrics: `loss`, `divergence` (KL a token), `strength` (the teacher's mean α), `largestTerm` (w_t KL_t). */
export async function distil(options: DistilOptions): Promise<StepProgress[]> {
  const { policy, steps, batch = 32, adam = { learningRate: 3e-4, clipNorm: 1 } } = options
  const history: StepProgress[] = []
  for (let step = 1; step <= steps && options.signal?.aborted !== true; step++) {
    const sequences = await nextAnswers(options, batch, step)
    if (sequences.length === 0) break
    const terms: number[] = []
    const found: { readonly divergence: number; readonly strength: number }[] = []
    let loss = 0
    for (let at = 0; at < sequences.length; at += together) {
      const piece = sequences.slice(at, at + together)
      const teachers = await options.teacher(piece)
      const coefficients = teachers.map(({ weights }) => ({
        divergence: weights.map((weight) => weight / (weights.length * sequences.length)),
      }))
      const { divergence = [] } = await policy.backward(piece, coefficients, { teachers })
      divergence.forEach((line, i) => {
        line.forEach((value, t) => {
          loss += coefficients[i].divergence[t] * value
          terms.push(teachers[i].weights[t] * value)
          found.push({ divergence: value, strength: teachers[i].strengths[t] })
        })
      })
    }
    const factor = options.schedule?.(step - 1) ?? 1
    const { gradientNorm } = await policy.step({ ...adam, learningRate: adam.learningRate * factor })
    const metrics = {
      loss,
      gradientNorm,
      divergence: mean(found.map((each) => each.divergence)),
      strength: mean(found.map((each) => each.strength)),
      largestTerm: terms.reduce((most, value) => Math.max(most, value), 0),
    }
    history.push({ step, steps, metrics })
    options.onStep?.({ step, steps, metrics })
  }
  return history
}

async function nextAnswers({ policy, answers, seed }: DistilOptions, batch: number, step: number): Promise<Sequence[]> {
  if (!('prompts' in answers)) return take(answers, batch).map((each) => demonstrationSequence(policy, each))
  const prompts = take(answers.prompts, batch)
  const requests = prompts.map((prompt, i) => ({
    prompt,
    count: 1,
    maxTokens: answers.maxTokens,
    seed: `${seed}/step ${step}/${i}`,
  }))
  const sequences: Sequence[] = []
  for await (const { request, rollout } of policy.sample(requests)) sequences[request] = rollout.sequence
  return sequences
}

function take<T>(source: Iterator<T>, count: number): T[] {
  const taken: T[] = []
  for (let i = 0; i < count; i++) {
    const next = source.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}

/** A teacher from the whole-vocabulary log-probs of two models with one vocabulary, such as `alignDistilTeacher`'s two. */
export function teacherOf(
  first: FrozenPolicy,
  second: FrozenPolicy,
  combine: (first: Float32Array, second: Float32Array) => TeacherRows,
): DistilOptions['teacher'] {
  return async (sequences) => {
    const [a, b] = [await first.forward(sequences, ['distribution']), await second.forward(sequences, ['distribution'])]
    const none = new Float32Array(0)
    return a.map(({ distribution = none }, i) => combine(distribution, b[i].distribution ?? none))
  }
}
