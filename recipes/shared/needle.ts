/** Where the recipes on needle decisions start: a model that writes filler well and decides at random. */
import { needle } from 'guerdon/tasks'
import { supervised } from 'guerdon/train'
import { type Start, tinyModel } from './creditArm.ts'

/** Two of eight tokens decide; the held-out prompts are the task's own eight questions. */
export async function prepareNeedle(seed: number, settings: { readonly warmupSteps: number }): Promise<Start> {
  const task = needle({ seed })
  const model = tinyModel(task.alphabet, seed, 16)
  await supervised({ policy: model, demonstrations: task.warmup(seed), steps: settings.warmupSteps })
  return { task, model, heldOut: [...task.prompts('all').take(8)] }
}
