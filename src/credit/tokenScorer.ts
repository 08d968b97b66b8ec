/** Token scores by models that stay as they are: one number for each token of answers that are there already. */
import type { Prompt } from '../data/message.ts'
import type { Sequence } from '../data/rollout.ts'

/** An answer with the prompt it answers. */
export interface Answered {
  readonly prompt: Prompt
  readonly sequence: Sequence
}

/** Rates every completion token. The same answer always gets the same numbers: a loop may keep them on disk. */
export interface TokenScorer {
  readonly name: string
  score(answers: readonly Answered[]): Promise<Float32Array[]>
}
