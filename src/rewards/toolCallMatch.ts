/** Whether the answer calls the tools it should, with the arguments it should. */
import type { Prompt } from '../data/message.ts'
import { scored, type Unscored, unscored } from '../data/score.ts'
import { jsonDifference, jsonEqual } from '../text/jsonEqual.ts'
import { callsOf, type ToolCall, toolCallsIn } from '../text/toolCalls.ts'
import { defineReward, type Reward } from './reward.ts'

export interface ToolCallMatchOptions {
  /** Whether the calls must come in the reference's order. Default 'any'. */
  readonly order?: 'any' | 'same'
  /** 'all' (the default): 1 for exactly the calls wanted, else 0. 'share': matched calls / the longer list's length. */
  readonly credit?: 'all' | 'share'
}

/**
 * The calls in the completion (see `toolCallsIn`) against those of the reference, a call or a list of calls; an empty list
 * wants an answer without calls. A call matches when its name is equal and its arguments are equal as JSON. What looks
 * like a call but cannot be read counts as a wrong one. Parts: `calls` (share of calls matched), `names` (share whose
 * name matches), both over the longer list.
 */
export function toolCallMatch(options: ToolCallMatchOptions = {}): Reward {
  const { order = 'any', credit = 'all' } = options
  return defineReward(
    'toolCallMatch',
    ({ prompt, completion }) => {
      const wanted = referenceCalls(prompt)
      if ('kind' in wanted) return wanted
      const { calls: given, problems } = toolCallsIn(completion.text)
      const longer = Math.max(given.length + problems.length, wanted.length)
      if (longer === 0) return scored(1, { parts: { calls: 1, names: 1 } })
      const share = (same: (a: ToolCall, b: ToolCall) => boolean) => matches(given, wanted, same, order) / longer
      const calls = share((a, b) => a.name === b.name && jsonEqual(a.arguments, b.arguments))
      const parts = { calls, names: share((a, b) => a.name === b.name) }
      if (calls === 1) return scored(1, { parts })
      const feedback = problems[0] ?? complaint(given, wanted, order)
      return scored(credit === 'share' ? calls : 0, { parts, feedback })
    },
    { range: [0, 1] },
  )
}

/** How many calls pair off. Equal calls are interchangeable, so taking the first that fits is the best matching. */
function matches(
  given: readonly ToolCall[],
  wanted: readonly ToolCall[],
  same: (a: ToolCall, b: ToolCall) => boolean,
  order: 'any' | 'same',
): number {
  if (order === 'same') return given.filter((each, i) => i < wanted.length && same(each, wanted[i])).length
  const left = [...wanted]
  for (const each of given) {
    const at = left.findIndex((other) => same(each, other))
    if (at >= 0) left.splice(at, 1)
  }
  return wanted.length - left.length
}

function complaint(given: readonly ToolCall[], wanted: readonly ToolCall[], order: 'any' | 'same'): string {
  if (given.length === 0) return `no tool call found, ${wanted.map(({ name }) => name).join(', ')} wanted`
  if (wanted.length === 0) return `${given[0].name} was called where no call was wanted`
  const equal = (a: ToolCall, b: ToolCall) => a.name === b.name && jsonEqual(a.arguments, b.arguments)
  for (let i = 0; i < wanted.length; i++) {
    const found = order === 'same' ? [given[i]].filter((each) => each !== undefined) : given
    if (found.some((each) => equal(each, wanted[i]))) continue
    const named = found.find(({ name }) => name === wanted[i].name)
    if (named === undefined) return `${wanted[i].name} is not called${order === 'same' ? ` as call ${i + 1}` : ''}`
    return `${wanted[i].name}${jsonDifference(wanted[i].arguments, named.arguments) ?? ''}`
  }
  return `${given.length} calls given, ${wanted.length} wanted`
}

function referenceCalls(prompt: Prompt): readonly ToolCall[] | Unscored {
  const { reference } = prompt
  if (Array.isArray(reference) && reference.length === 0) return []
  const calls = reference === undefined ? undefined : callsOf(reference)
  return calls ?? unscored('reward', `prompt '${prompt.id}' has no tool call or list of tool calls as its reference`)
}
