/** A task: where prompts come from, with the reward that fits them. */
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Reward } from '../rewards/reward.ts'

export interface Task {
  readonly name: string
  /**
   * Prompts in an order drawn from the seed: endless, or one pass over what there is. The same seed gives the same
   * prompts. A file's prompts come asynchronously; `promptStream` reads either kind.
   */
  prompts(seed: number | string): Iterable<Prompt> | AsyncIterable<Prompt>
  readonly reward: Reward
  /** Every character its prompts and demonstrations use, for a tokenizer of characters. */
  readonly alphabet?: string
  /** An answer with its working, as a completion should be written: for supervised warm-up. Correct, unless the task was told to slip. */
  demonstration?(prompt: Prompt): string
}

/** A task whose prompts are made, not read: endless, and each one's answer is known. */
export interface GeneratedTask extends Task {
  prompts(seed: number | string): IteratorObject<Prompt>
  readonly alphabet: string
  demonstration(prompt: Prompt): string
}

/** A prompt with the answer a model is to imitate. */
export interface Demonstration {
  readonly prompt: Prompt
  readonly answer: string
}

/** The prompts of a seed with their worked answers, without end: data for a supervised warm-up. */
export function* demonstrations(task: GeneratedTask, seed: number | string): Generator<Demonstration, void, undefined> {
  for (const prompt of task.prompts(seed)) yield { prompt, answer: task.demonstration(prompt) }
}

/**
 * Prompts without end: a task that has only so many is gone through again and again, each pass (epoch) in an order
 * of its own, with the seeds `seed`, `seed/1`, `seed/2`... Throws a GuerdonError for a task that has none.
 */
export async function* promptStream(task: Task, seed: number | string): AsyncGenerator<Prompt, never, undefined> {
  for (let epoch = 0; ; epoch++) {
    let count = 0
    for await (const prompt of task.prompts(epoch === 0 ? seed : `${seed}/${epoch}`)) {
      count++
      yield prompt
    }
    if (count === 0) throw new GuerdonError(`the task ${task.name} has no prompts`)
  }
}
