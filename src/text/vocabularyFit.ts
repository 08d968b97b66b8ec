/** Whether a tokenizer and a model belong together. */
import { GuerdonError } from '../data/error.ts'
import type { Tokenizer } from './tokenizer.ts'

/**
 * Throws a GuerdonError when the tokenizer can give ids that a model of `vocabularySize` rows does not know. A model
 * with more rows than the tokenizer has tokens is fine: checkpoints are often padded to a round number.
 */
export function checkVocabularyFits(tokenizer: Tokenizer, vocabularySize: number, where?: string): void {
  if (tokenizer.vocabularySize <= vocabularySize) return
  throw new GuerdonError(
    `the tokenizer has ${tokenizer.vocabularySize} tokens, but the model knows only ${vocabularySize}`,
    {
      ...(where === undefined ? {} : { where }),
      fix: 'use the tokenizer that the model was trained with, or make the model with at least that vocabulary size',
    },
  )
}
