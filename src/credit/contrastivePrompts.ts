/**
 * T-REG's token rewards (2024, arXiv 2412.02685): the reference model itself says which tokens help, by how much likelier
 * they are under a prompt that asks for a good answer than under one that asks for a bad one:
 *
 *     r̂_t = σ( log π(y_t | better(x), y_<t) - log π(y_t | worse(x), y_<t) ) - 1/2     in (-1/2, 1/2)
 */
import type { Prompt } from '../data/message.ts'
import type { FrozenPolicy, Policy } from '../policy/policy.ts'
import { promptTokens } from '../policy/promptTokens.ts'
import type { TokenScorer } from './tokenScorer.ts'

export interface ContrastivePromptsOptions {
  /** Default: an instruction before the last message that asks for a helpful, correct, coherent and concise answer. */
  readonly better?: (prompt: Prompt) => Prompt
  /** Default: one that asks for an unhelpful, incorrect, incoherent and verbose answer. */
  readonly worse?: (prompt: Prompt) => Prompt
}

/** r̂ from the tokens' log-probs under the two prompts. Swapping the prompts turns its sign. */
export function contrastiveReward(better: Float32Array, worse: Float32Array): Float32Array {
  return better.map((value, t) => 0.5 * Math.tanh((value - worse[t]) / 2))
}

/**
 * Scores tokens by two forward passes of a model that stays as it is. The answer's tokens are the same under all
 * prompts. Near-synonyms of `better` and `worse` give zeros: watch the metric `tokenReward` of `tReg`.
 */
export function contrastivePrompts(
  model: FrozenPolicy,
  reader: Pick<Policy, 'tokenizer' | 'contextLength'>,
  options: ContrastivePromptsOptions = {},
): TokenScorer {
  const { better = instructed(instructions.better), worse = instructed(instructions.worse) } = options
  return {
    name: 'contrastivePrompts',
    async score(answers) {
      const under = async (turned: (prompt: Prompt) => Prompt) => {
        const sequences = answers.map(({ prompt, sequence }) => {
          const head = promptTokens(reader, turned(prompt))
          return {
            tokens: Int32Array.of(...head, ...sequence.tokens.subarray(sequence.promptLength)),
            promptLength: head.length,
          }
        })
        return model.forward(sequences, ['logprobs'])
      }
      const [good, bad] = [await under(better), await under(worse)]
      const none = new Float32Array(0)
      return good.map(({ logprobs = none }, i) => contrastiveReward(logprobs, bad[i].logprobs ?? none))
    },
  }
}

const instructions = {
  better: 'Give a helpful, correct, coherent and concise answer.',
  worse: 'Give an unhelpful, incorrect, incoherent and verbose answer.',
}

function instructed(text: string): (prompt: Prompt) => Prompt {
  return (prompt) => ({ ...prompt, messages: [{ role: 'system', content: text }, ...prompt.messages] })
}
