import assert from 'node:assert/strict'
import type { Prompt } from '../../src/data/message.ts'
import type { Scored } from '../../src/data/score.ts'
import type { Task } from '../../src/tasks/task.ts'

/** The score of one answer, which must be one. */
export async function judge(task: Task, prompt: Prompt, text: string): Promise<Scored> {
  const [score] = await task.reward.score([{ prompt, completion: { text, finish: 'stop' } }])
  assert.ok(score.kind === 'scored', JSON.stringify(score))
  return score
}
