/**
 * Reference rewards: what the reward says of other answers to the same prompt, usually M samples of the policy before
 * training. Reward models are fixed only up to a shift per prompt; against references their values mean something.
 */
import type { Prompt } from '../data/message.ts'
import type { Group } from '../data/rollout.ts'
import type { Scored } from '../data/score.ts'

/**
 * Where they come from. A number: one bar for all prompts. `{ meta }`: the prompt's `meta` holds them under this name, a
 * list, or an object of lists by score part. 'first': the scores of a prompt's first group in this run, up to ten, kept
 * and saved with it (one entry a prompt: for tasks whose prompts come back). Or a function of the prompt.
 */
export type References =
  | number
  | 'first'
  | { readonly meta: string }
  | ((prompt: Prompt, part: string | undefined) => readonly number[] | undefined)

export interface ReferenceBook {
  /** Takes note of a batch, before it is shaped. */
  note(groups: readonly Group[]): void
  /** The references for a prompt, of a score's part or of its value. Undefined where there are none. */
  of(prompt: Prompt, part?: string): readonly number[] | undefined
  state(): unknown
  restore(state: unknown): void
}

export function referenceBook(references: References, parts: readonly (string | undefined)[]): ReferenceBook {
  const kept = new Map<string, readonly number[]>()
  const key = (prompt: Prompt, part: string | undefined) => JSON.stringify([prompt.id, part ?? null])
  return {
    note(groups) {
      if (references !== 'first') return
      for (const group of groups)
        for (const part of parts) {
          const values = group.scores.flatMap((score) =>
            score.kind === 'scored' ? (partOrValue(score, part) ?? []) : [],
          )
          if (values.length > 0 && !kept.has(key(group.prompt, part)))
            kept.set(key(group.prompt, part), values.slice(0, mostKept))
        }
    },
    of(prompt, part) {
      if (typeof references === 'number') return [references]
      const found =
        references === 'first'
          ? kept.get(key(prompt, part))
          : typeof references === 'function'
            ? references(prompt, part)
            : numbersIn(prompt.meta?.[references.meta], part)
      return found?.length === 0 ? undefined : found
    },
    state: () => ({ kept: [...kept].map(([name, values]) => [name, [...values]]) }),
    restore(state) {
      if (typeof state !== 'object' || state === null || !('kept' in state) || !Array.isArray(state.kept)) return
      kept.clear()
      for (const [name, values] of state.kept) kept.set(String(name), values)
    },
  }
}

/** As many as the authors of PAR keep. */
const mostKept = 10

/** The number that a score holds under a part's name, or its value. */
export function partOrValue(score: Scored, part: string | undefined): number | undefined {
  return part === undefined ? score.value : score.parts?.[part]
}

function numbersIn(held: unknown, part: string | undefined): readonly number[] | undefined {
  if (typeof held === 'number') return [held]
  if (Array.isArray(held)) return held.filter((each): each is number => Number.isFinite(each))
  if (part === undefined || typeof held !== 'object' || held === null) return undefined
  return numbersIn(Reflect.get(held, part), undefined)
}

/** Why a score without references cannot be shaped. */
export function noReferences(prompt: Prompt, part: string | undefined): string {
  return `there are no reference rewards${part === undefined ? '' : ` of '${part}'`} for the prompt '${prompt.id}'`
}
