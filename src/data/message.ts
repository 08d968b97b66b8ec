/** What is said: messages, prompts and completions, the words every room above shares. */

/** One piece of a message: text, or the bytes of an image with its media type. */
export type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly bytes: Uint8Array; readonly mediaType: string }

export interface Message {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly content: string | readonly Part[]
}

/** Anything JSON can say: what a reference or a note about a prompt may hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * A question put to a policy. `id` names it across a run (rewards that compare answers find their group by it);
 * `reference` is the known answer, the tests, the nuggets: whatever the reward needs to judge.
 */
export interface Prompt {
  readonly id: string
  readonly messages: readonly Message[]
  readonly reference?: Json
  readonly meta?: { readonly [key: string]: Json }
}

/** A stretch of a completion's text, in UTF-16 code units, end excluded. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** An answer. `finish` is 'stop' when it ended by itself and 'length' when it ran into the token limit. */
export interface Completion {
  readonly text: string
  readonly finish: 'stop' | 'length'
  readonly steps?: readonly Span[]
}

/** A prompt with one answer to it: what a reward sees. */
export interface Sample {
  readonly prompt: Prompt
  readonly completion: Completion
}

/** A prompt of one user message. */
export function userPrompt(id: string, text: string, reference?: Json, meta?: Prompt['meta']): Prompt {
  return {
    id,
    messages: [{ role: 'user', content: text }],
    ...(reference === undefined ? {} : { reference }),
    ...(meta === undefined ? {} : { meta }),
  }
}

/** The text of a message's content, images left out. */
export function textOf(content: Message['content']): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}
