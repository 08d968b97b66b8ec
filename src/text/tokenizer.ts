/** Text to token ids and back. */
import type { Message } from '../data/message.ts'

export interface Tokenizer {
  readonly vocabularySize: number
  /** The token that ends an answer. */
  readonly endId: number
  /** Tokens that end an answer too, where a model has several. */
  readonly otherEndIds?: readonly number[]
  /** The token that fills unused places; never read by the model. */
  readonly padId: number
  encode(text: string): Int32Array
  /** The text of these ids, special tokens left out. */
  decode(ids: Int32Array | readonly number[]): string
  /** The text of one id alone, special tokens included: for showing tokens to people. */
  tokenText(id: number): string
  /** Turns a conversation into the text the model continues (its chat template). */
  render(messages: readonly Message[]): string
  /** The files that this tokenizer was read from, by name: tokenizer.json and those beside it. */
  files(): Readonly<Record<string, string>>
}

/** Whether this token ends an answer. */
export function endsAnswer({ endId, otherEndIds = [] }: Tokenizer, token: number): boolean {
  return token === endId || otherEndIds.includes(token)
}
