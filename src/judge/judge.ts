/** The judge: a chat model that is asked a question and answers with a value, or says why there is none. */
import type { z } from 'zod'
import type { Message } from '../data/message.ts'

/** Tokens read and written; `cost` in the currency of the price list it was computed with. */
export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost?: number
}

/** A question to a judge. Two questions that differ in `repetition` alone are two independent draws, cached or not. */
export interface Question<T = string> {
  readonly messages: readonly Message[]
  /** The shape of the answer. Without one the answer is the text as it came. */
  readonly schema?: z.ZodType<T>
  /** Which of several independent answers to the same question this is. Default 0. */
  readonly repetition?: number
  /** Default 0: the most likely answer. */
  readonly temperature?: number
  /** Most tokens of the answer. */
  readonly maxTokens?: number
  /** Draws at a temperature above 0 follow from (seed, repetition), where the model can be seeded. */
  readonly seed?: number
}

/**
 * A value, or why there is none: the judge answered but not with a value (`judge`: prose, broken JSON, a refusal, cut
 * off), it could not be reached (`network`), or it was too late (`deadline`). `text` is what it said, kept raw.
 */
export type Answer<T> =
  | {
      readonly ok: true
      readonly value: T
      readonly text: string
      readonly usage: Usage
      /** True when the answer was read from a cache: nothing was spent now. */
      readonly cached: boolean
    }
  | {
      readonly ok: false
      readonly at: 'judge' | 'network' | 'deadline'
      readonly reason: string
      readonly text?: string
      readonly usage: Usage
    }

/** Whatever can be asked. A bad answer never throws; only a judge that cannot work at all throws a GuerdonError. */
export interface Judge {
  readonly name: string
  ask<T = string>(question: Question<T>, signal?: AbortSignal): Promise<Answer<T>>
  /** The log-probability of each choice as the start of the answer. */
  readonly logprobs?: (
    question: Question,
    choices: readonly string[],
    signal?: AbortSignal,
  ) => Promise<Answer<readonly number[]>>
}
