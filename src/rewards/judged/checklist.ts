/** The checklist of a prompt: questions about an answer to this one task, written beforehand. */
import type { Prompt } from '../../data/message.ts'

/** The prompt's own list (`meta.checklist`, texts) or else the reward's; empty where there is neither. */
export function checklistOf({ meta }: Prompt, given: readonly string[] = []): readonly string[] {
  const own = meta?.checklist
  return Array.isArray(own) ? own.filter((item) => typeof item === 'string') : given
}

/** As a field of a judge's prompt. */
export function checklistField(list: readonly string[]): readonly (readonly [string, string])[] {
  return list.length === 0 ? [] : [['Checklist', list.map((item) => `- ${item}`).join('\n')]]
}
