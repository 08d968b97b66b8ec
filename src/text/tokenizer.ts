/** Text to token ids and back. */
import type { Message } from '../data/message.ts'

export interface Tokenizer {
  readonly vocabularySize: number
  /** The token that ends an answer. */
  readonly endId: number
  /** The token that fills unused places; never read by the model. */
  readonly padId: number
  encode(text: string): Int32Array
  /** The text of these ids, special tokens left out. */
  decode(ids: Int32Array | readonly number[]): string
  /** The text of one id alone, special tokens included: for showing tokens to people. */
  tokenText(id: number): string
  /** Turns a conversation into the text the model continues (its chat template). */
  render(messages: readonly Message[]): string
  /** The tokenizer.json (and, where there is one, tokenizer_config.json) that this tokenizer was read from. */
  files(): Readonly<Record<string, string>>
}
