/** Sums of what judges used. */
import type { Usage } from './judge.ts'

export const nothingUsed: Usage = { inputTokens: 0, outputTokens: 0 }

/** Both usages together; a cost where one of them has one. */
export function addUsage(a: Usage, b: Usage): Usage {
  const cost = a.cost === undefined && b.cost === undefined ? {} : { cost: (a.cost ?? 0) + (b.cost ?? 0) }
  return { inputTokens: a.inputTokens + b.inputTokens, outputTokens: a.outputTokens + b.outputTokens, ...cost }
}
