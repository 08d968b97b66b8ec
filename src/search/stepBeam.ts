/**
 * Beam search by steps, guided by a value or process model: every prefix kept is continued several times to the end of its
 * next step, and the best prefixes by the model's value go on (Snell et al. 2024, arXiv 2408.03314, "beam search").
 */
import type { Prompt } from '../data/message.ts'
import type { Rollout } from '../data/rollout.ts'
import type { FrozenPolicy, Policy, SampleRequest, SamplingOptions } from '../policy/policy.ts'
import { endsAnswer } from '../text/tokenizer.ts'
import type { SearchCost } from './cost.ts'

export interface StepBeamOptions extends Omit<SamplingOptions, 'stop'> {
  readonly policy: Policy
  /** How much each answer so far is worth; higher is better. Tokens it reads are its own affair. */
  readonly value: (rollouts: readonly Rollout[]) => Promise<readonly number[]>
  /** Prefixes kept after each step. */
  readonly beams: number
  /** Continuations of each prefix. */
  readonly branches: number
  /** The text that ends a step. */
  readonly separator: string
  /** Steps after which an answer is cut off. Default 64. */
  readonly maxSteps?: number
  readonly signal?: AbortSignal
}

export interface StepBeam {
  /** Best first by value, at most `beams`. */
  readonly answers: readonly { readonly rollout: Rollout; readonly value: number }[]
  /** Every prefix that was valued, for reading what the model chose by. */
  readonly steps: number
  readonly cost: SearchCost
}

/** Finished answers keep their place by their value. A value that is no number counts as the lowest. */
export async function stepBeam(prompt: Prompt, options: StepBeamOptions): Promise<StepBeam> {
  const { policy, value, beams, branches, separator, maxSteps = 64, signal, ...sampling } = options
  let held: { readonly rollout: Rollout | undefined; readonly value: number; readonly done: boolean }[] = [
    { rollout: undefined, value: 0, done: false },
  ]
  let [sampled, read, steps] = [0, 0, 0]
  for (; steps < maxSteps && held.some(({ done }) => !done); steps++) {
    const open = held.flatMap(({ rollout, done }) => (done ? [] : [rollout]))
    const requests = open.map((rollout, i): SampleRequest => {
      const stream = { ...sampling, seed: `${sampling.seed}/${steps}/${i}` }
      const count = rollout === undefined ? beams * branches : branches
      const from = rollout === undefined ? {} : { from: { rollout } }
      return { ...stream, prompt, count, stop: [separator], keep: true, ...from }
    })
    const grown: Rollout[] = []
    for await (const { request, rollout } of policy.sample(requests, signal)) {
      sampled += rollout.logprobs.length - (open[request]?.logprobs.length ?? 0)
      grown.push(rollout)
    }
    if (steps === 0) read += grown[0]?.sequence.promptLength ?? 0
    // Completions come as they finish: their order must not decide between equals.
    grown.sort((a, b) => compareTokens(a.sequence.tokens, b.sequence.tokens))
    const unique = grown.filter(
      (each, i) => i === 0 || compareTokens(each.sequence.tokens, grown[i - 1].sequence.tokens) !== 0,
    )
    const values = await value(unique)
    const next = unique.map((rollout, i) => ({
      rollout,
      value: Number.isNaN(values[i]) ? Number.NEGATIVE_INFINITY : values[i],
      done: isDone(rollout, policy, sampling.maxTokens),
    }))
    held = [...held.filter(({ done }) => done), ...next].sort((a, b) => b.value - a.value).slice(0, beams)
  }
  return {
    answers: held.flatMap(({ rollout, value: worth }) => (rollout === undefined ? [] : [{ rollout, value: worth }])),
    steps,
    cost: { sampled, read },
  }
}

/** It said that it ends, or there is no room left. */
function isDone({ sequence, logprobs }: Rollout, policy: Policy, maxTokens: number): boolean {
  const { tokens } = sequence
  return (
    endsAnswer(policy.tokenizer, tokens[tokens.length - 1]) ||
    logprobs.length >= maxTokens ||
    tokens.length >= policy.contextLength
  )
}

function compareTokens(a: Int32Array, b: Int32Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] - b[i]
  return a.length - b.length
}

/** The value head's number for the state after each answer so far: a guide for `stepBeam` from a trained critic. */
export function valueHead(critic: FrozenPolicy): StepBeamOptions['value'] {
  return async (rollouts) => {
    // A token to ask about: its own id does not matter, only the state before it.
    const asked = rollouts.map(({ sequence: { tokens } }) => ({
      tokens: Int32Array.of(...tokens, 0),
      promptLength: tokens.length,
    }))
    const readouts = await critic.forward(asked, ['values'])
    return readouts.map(({ values }) => values?.[0] ?? Number.NaN)
  }
}
