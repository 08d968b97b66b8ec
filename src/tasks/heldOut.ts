/** Honest evaluation: prompts set aside, and a training stream in which none of them ever appears. */
import { createHash } from 'node:crypto'
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { GeneratedTask, Task } from './task.ts'

export interface Split<T extends Task> {
  /** The task without the prompts set aside. */
  readonly training: T
  /** `count` prompts with different texts. */
  readonly heldOut: readonly Prompt[]
}

/** So many draws in a row that bring nothing new mean that there is nothing new. */
const patience = 20_000

/**
 * Sets aside the first `count` different prompts of a seed. Prompts are the same if their messages are, whatever their
 * ids: a generator that draws a held-out exercise again under another seed leaves it out. Throws a GuerdonError when the
 * task has not that many different prompts, and, while training, when nothing but held-out prompts comes.
 */
export function heldOut(task: GeneratedTask, options: HeldOutOptions): Promise<Split<GeneratedTask>>
export function heldOut(task: Task, options: HeldOutOptions): Promise<Split<Task>>
export async function heldOut(task: Task, options: HeldOutOptions): Promise<Split<Task>> {
  const keys = new Set<string>()
  const prompts: Prompt[] = []
  let inVain = 0
  if (options.count > 0) {
    for await (const prompt of task.prompts(options.seed)) {
      const known = keys.size
      if (keys.add(promptKey(prompt)).size > known) {
        prompts.push(prompt)
        inVain = 0
      } else inVain++
      if (prompts.length === options.count || inVain === patience) break
    }
  }
  if (prompts.length < options.count) {
    throw new GuerdonError(`the task ${task.name} has only ${prompts.length} different prompts, not ${options.count}`, {
      fix: 'hold out fewer, or make the task larger',
    })
  }
  return { training: { ...task, prompts: (seed) => without(task.prompts(seed), keys, task.name) }, heldOut: prompts }
}

export interface HeldOutOptions {
  readonly count: number
  readonly seed: number | string
}

function without(
  prompts: Iterable<Prompt> | AsyncIterable<Prompt>,
  keys: ReadonlySet<string>,
  name: string,
): Iterable<Prompt> | AsyncIterable<Prompt> {
  let inVain = 0
  const passes = (prompt: Prompt) => {
    const held = keys.has(promptKey(prompt))
    inVain = held ? inVain + 1 : 0
    if (inVain < patience) return !held
    throw new GuerdonError(`the task ${name} gives no prompt that is not held out`, { fix: 'hold out fewer' })
  }
  if (Symbol.iterator in prompts) return Iterator.from(prompts).filter(passes)
  return filterAsync(prompts, passes)
}

async function* filterAsync(prompts: AsyncIterable<Prompt>, passes: (prompt: Prompt) => boolean) {
  for await (const prompt of prompts) if (passes(prompt)) yield prompt
}

/** What makes a prompt the same prompt: a digest of its messages, the bytes of images included. */
function promptKey(prompt: Prompt): string {
  const hash = createHash('sha256')
  for (const { role, content } of prompt.messages) {
    const parts = typeof content === 'string' ? [{ type: 'text' as const, text: content }] : content
    // Lengths keep two different conversations from running together into the same bytes.
    for (const part of parts) {
      const bytes = part.type === 'text' ? Buffer.from(part.text) : part.bytes
      hash.update(`${role} ${part.type} ${bytes.length} `).update(bytes)
    }
  }
  return hash.digest('base64')
}
