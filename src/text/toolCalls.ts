/** Calls of tools in a model's answer, in the forms that open models write them. */
import { z } from 'zod'
import type { Json } from '../data/message.ts'
import { jsonIn, parseJson } from './jsonInText.ts'

export interface ToolCall {
  readonly name: string
  readonly arguments: { readonly [key: string]: Json }
}

/** The calls found, in order, and what looked like a call but could not be read. */
export interface FoundCalls {
  readonly calls: readonly ToolCall[]
  readonly problems: readonly string[]
}

/**
 * The tool calls of a text. Read are `<tool_call>{...}</tool_call>` (Hermes, Qwen), `[TOOL_CALLS][...]` (Mistral),
 * `<|python_tag|>{...}` (Llama), and where none of these stands, JSON as `jsonIn` finds it: a call, a list of calls, or
 * an object with `tool_calls`. A call is {"name", "arguments"} (or "parameters"), alone or under "function"; arguments
 * may be a JSON text, and may be missing where there are none. JSON that has no such form is no call.
 */
export function toolCallsIn(text: string): FoundCalls {
  const tagged = text.split('<tool_call>').slice(1)
  if (tagged.length > 0) return merged(tagged.map((piece) => readCalls(piece.split('</tool_call>', 1)[0])))
  for (const marker of ['[TOOL_CALLS]', '<|python_tag|>']) {
    const at = text.indexOf(marker)
    if (at < 0) continue
    const body = text.slice(at + marker.length).replace(/<\|[a-z_]{1,20}\|>\s*$|<\/s>\s*$/, '')
    // Llama writes several calls with semicolons between them.
    const whole = parseJson(body)
    return merged((whole.kind === 'json' ? [body] : body.split(/(?<=\})\s*;\s*(?=\{)/)).map(readCalls))
  }
  const found = jsonIn(text)
  const calls = found.kind === 'json' ? callsOf(found.value) : undefined
  return { calls: calls ?? [], problems: [] }
}

const call = z.object({
  name: z.string(),
  arguments: z.union([z.record(z.string(), z.json()), z.string()]).optional(),
  parameters: z.record(z.string(), z.json()).optional(),
})
const forms = z.union([call, z.object({ function: call }).transform((wrapped) => wrapped.function)])
const several = z.union([
  z.array(forms).min(1),
  z.object({ tool_calls: z.array(forms) }).transform((wrapped) => wrapped.tool_calls),
  forms.transform((one) => [one]),
])

/** The calls a JSON value states, or undefined where it states none. */
export function callsOf(value: Json): ToolCall[] | undefined {
  const parsed = several.safeParse(value)
  if (!parsed.success) return undefined
  const calls: ToolCall[] = []
  for (const { name, arguments: written, parameters } of parsed.data) {
    const given = typeof written === 'string' ? argumentsIn(written) : (written ?? parameters ?? {})
    if (given === undefined) return undefined
    calls.push({ name, arguments: given })
  }
  return calls
}

function argumentsIn(text: string): ToolCall['arguments'] | undefined {
  if (text.trim() === '') return {}
  const found = parseJson(text)
  if (found.kind === 'none') return undefined
  const parsed = z.record(z.string(), z.json()).safeParse(found.value)
  return parsed.success ? parsed.data : undefined
}

function readCalls(body: string): FoundCalls {
  const found = parseJson(body)
  if (found.kind === 'none') return { calls: [], problems: [found.reason] }
  const calls = callsOf(found.value)
  if (calls !== undefined) return { calls, problems: [] }
  return { calls: [], problems: ['a call without a name, or with arguments that are no object'] }
}

function merged(found: readonly FoundCalls[]): FoundCalls {
  return { calls: found.flatMap(({ calls }) => calls), problems: found.flatMap(({ problems }) => problems) }
}
