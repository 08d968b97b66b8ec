/** Which rollouts a report shows: groups spread evenly over the run, few enough that the page stays small. */
import type { Json } from '../data/message.ts'
import type { CompletionView, GroupView } from './html/rolloutBrowser.ts'
import { type CompletionRecord, type RolloutRecord, readRollouts } from './rolloutLog.ts'

export interface RolloutSample {
  readonly groups: readonly GroupView[]
  /** How many groups rollouts.jsonl holds. */
  readonly kept: number
}

const MOST_COMPLETIONS = 200
const MOST_TOKENS = 150_000
const MOST_COMPLETIONS_A_GROUP = 16
const MOST_TOKENS_A_COMPLETION = 4_000
const MOST_CHARACTERS_A_TEXT = 20_000

/**
 * The groups of a run to show: all where they fit into 200 completions and 150 000 tokens, else the first two of
 * evenly spaced steps, the first and the last step among them.
 */
export async function rolloutSample(folder: string): Promise<RolloutSample> {
  const sizes: Size[] = []
  for await (const { step, completions } of readRollouts(folder)) {
    const shown = completions.slice(0, MOST_COMPLETIONS_A_GROUP)
    const tokens = shown.reduce((sum, { tokens }) => sum + Math.min(tokens.length, MOST_TOKENS_A_COMPLETION), 0)
    sizes.push({ line: sizes.length, step, completions: shown.length, tokens })
  }
  const chosen = new Set(choose(sizes).map(({ line }) => line))
  const groups: GroupView[] = []
  let line = 0
  for await (const record of readRollouts(folder)) if (chosen.has(line++)) groups.push(groupView(record))
  return { groups, kept: sizes.length }
}

interface Size {
  readonly line: number
  readonly step: number
  readonly completions: number
  readonly tokens: number
}

function choose(all: readonly Size[]): readonly Size[] {
  if (fits(all)) return all
  const steps = [...Map.groupBy(all, ({ step }) => step).values()].map((groups) => groups.slice(0, 2))
  for (let count = Math.min(steps.length, MOST_COMPLETIONS); count > 1; count--) {
    const picked = Array.from({ length: count }, (_, i) => steps[Math.round((i * (steps.length - 1)) / (count - 1))])
    if (fits(picked.flat())) return picked.flat()
  }
  return all.slice(-1)
}

function fits(sizes: readonly Size[]): boolean {
  const total = (count: (size: Size) => number) => sizes.reduce((sum, size) => sum + count(size), 0)
  return total((size) => size.completions) <= MOST_COMPLETIONS && total((size) => size.tokens) <= MOST_TOKENS
}

function groupView({ step, group, prompt, completions }: RolloutRecord): GroupView {
  const shown = completions.slice(0, MOST_COMPLETIONS_A_GROUP)
  return {
    step,
    group,
    messages: prompt.messages.map(({ role, text }) => ({ role, text: cut(text) })),
    ...(prompt.reference === undefined ? {} : { reference: cut(readable(prompt.reference)) }),
    completions: shown.map(completionView),
    left: completions.length - shown.length,
  }
}

function completionView(record: CompletionRecord): CompletionView {
  const { text, finish, tokens, advantages, logprobs, score, unscored } = record
  const parts = Object.entries(score?.parts ?? {})
  const confidence = score?.confidence
  return {
    text: cut(text),
    finish,
    tokens: tokens.slice(0, MOST_TOKENS_A_COMPLETION),
    advantages: advantages.slice(0, MOST_TOKENS_A_COMPLETION).map(short),
    logprobs: logprobs.slice(0, MOST_TOKENS_A_COMPLETION).map(short),
    parts: typeof confidence === 'number' ? [...parts, ['confidence', confidence]] : parts,
    left: Math.max(0, tokens.length - MOST_TOKENS_A_COMPLETION),
    ...(score === undefined ? {} : { value: score.value }),
    ...(score?.feedback === undefined ? {} : { feedback: cut(score.feedback) }),
    ...(unscored === undefined ? {} : { unscored: { at: unscored.at, reason: cut(unscored.reason) } }),
  }
}

function readable(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

function cut(text: string): string {
  const rest = text.length - MOST_CHARACTERS_A_TEXT
  return rest <= 0 ? text : `${text.slice(0, MOST_CHARACTERS_A_TEXT)}… [${rest} more characters]`
}

function short(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(4))
}
