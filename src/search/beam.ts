/**
 * Beam search by log-likelihood. On a DPO policy it is a search for reward (Rafailov et al. 2024, "From r to Q*", eq.
 * 12-13): Σ_t β log π*(a_t | s_t) is the reward so far plus the value of where it leads, less V*(s_0), which all beams share.
 */
import type { Completion, Prompt } from '../data/message.ts'
import type { Readout } from '../data/readout.ts'
import type { Sequence } from '../data/rollout.ts'
import type { Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'
import { endsAnswer, type Tokenizer } from '../text/tokenizer.ts'
import type { SearchCost } from './cost.ts'

export interface BeamOptions {
  readonly policy: Policy
  /** Prefixes kept at each token; 1 is greedy decoding. */
  readonly beams: number
  /** Most tokens of an answer, the end token included. */
  readonly maxTokens: number
  readonly signal?: AbortSignal
}

export interface BeamAnswer {
  readonly completion: Completion
  readonly sequence: Sequence
  /** Σ_t log π, over the end token too; no normalisation by length. */
  readonly logprob: number
}

export interface BeamSearch {
  /** Best first, at most `beams`. Those that ended come with `finish: 'stop'`. */
  readonly answers: readonly BeamAnswer[]
  readonly cost: SearchCost
}

interface Beam {
  readonly tokens: Int32Array
  readonly logprob: number
  readonly ended: boolean
}

/**
 * The likeliest answers found to one prompt: exact where `beams` is no less than the number of prefixes there are. Every
 * token reads all beams anew (no key/value cache): the cost is quadratic in the answer's length.
 */
export async function beamSearch(prompt: Prompt, options: BeamOptions): Promise<BeamSearch> {
  const { policy, beams, maxTokens, signal } = options
  const head = promptTokens(policy, prompt)
  const room = Math.min(maxTokens, policy.contextLength - head.length)
  let held: Beam[] = [{ tokens: head, logprob: 0, ended: false }]
  let read = 0
  for (let step = 0; step < room && held.some(({ ended }) => !ended); step++) {
    signal?.throwIfAborted()
    const open = held.filter(({ ended }) => !ended)
    // A token to ask about: its own id does not matter, only what may stand in its place.
    const asked = open.map(({ tokens }) => ({ tokens: Int32Array.of(...tokens, 0), promptLength: tokens.length }))
    const readouts = await policy.forward(asked, ['topLogprobs'], {
      top: Math.min(beams, policy.tokenizer.vocabularySize),
    })
    read += open.reduce((sum, { tokens }) => sum + tokens.length, 0)
    const grown = open.flatMap((beam, i) => continuations(beam, readouts[i], policy.tokenizer))
    held = [...held.filter(({ ended }) => ended), ...grown].sort(byLogprob).slice(0, beams)
  }
  return { answers: held.map((beam) => answerOf(beam, head.length, policy)), cost: { sampled: 0, read } }
}

function continuations({ tokens, logprob }: Beam, { topLogprobs }: Readout, tokenizer: Tokenizer): Beam[] {
  const { ids = new Int32Array(0), logprobs = new Float32Array(0) } = topLogprobs ?? {}
  return Array.from(ids, (id, i) => ({
    tokens: Int32Array.of(...tokens, id),
    logprob: logprob + logprobs[i],
    ended: endsAnswer(tokenizer, id),
  }))
}

function byLogprob(a: Beam, b: Beam): number {
  return b.logprob - a.logprob
}

function answerOf({ tokens, logprob, ended }: Beam, promptLength: number, { tokenizer }: Policy): BeamAnswer {
  return {
    completion: { text: tokenizer.decode(tokens.subarray(promptLength)), finish: ended ? 'stop' : 'length' },
    sequence: { tokens, promptLength },
    logprob,
  }
}
