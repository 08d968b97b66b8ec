/** A prompt as the token ids a policy reads, checked against its context. */
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Tokenizer } from '../text/tokenizer.ts'

/** What a policy must tell of itself for this. */
interface Reader {
  readonly tokenizer: Tokenizer
  readonly contextLength: number
}

/** The prompt through the chat template. Throws where nothing is left to read, or no room is left to answer. */
export function promptTokens(policy: Reader, prompt: Prompt): Int32Array {
  const tokens = policy.tokenizer.encode(policy.tokenizer.render(prompt.messages))
  if (tokens.length === 0)
    throw new GuerdonError(`prompt '${prompt.id}' has no tokens: a model needs at least one to start from`)
  if (tokens.length >= policy.contextLength)
    throw new GuerdonError(
      `prompt '${prompt.id}' has ${tokens.length} tokens and the model's context holds ${policy.contextLength}`,
      { fix: 'shorten or skip it, or use a model with a longer context' },
    )
  return tokens
}
