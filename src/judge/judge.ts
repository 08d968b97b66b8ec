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

/** A value, with what was said and spent. */
export interface Answered<T> {
  readonly ok: true
  readonly value: T
  /** What the judge said, raw. */
  readonly text: string
  readonly usage: Usage
  /** True when the answer was read from a cache: nothing was spent now, `usage` is what it cost when it was asked. */
  readonly cached: boolean
  /** True when the text ran into the token limit, and yet could be read. */
  readonly cut?: boolean
  /** Where several judges answered, or one several times: what each said and how far they were apart. */
  readonly panel?: PanelReport
}

/**
 * Why there is no value: the judge answered but not with one (`judge`: prose, broken JSON, two verdicts, a refusal, cut
 * off), it could not be reached (`network`), or it was too late (`deadline`). `text` is what it said, kept raw.
 */
export interface Unanswered {
  readonly ok: false
  readonly at: 'judge' | 'network' | 'deadline'
  readonly reason: string
  readonly text?: string
  readonly usage: Usage
  readonly cached?: boolean
  /** Where asking again may help: a busy or broken server. `afterSeconds`: how long it asked to be left alone. */
  readonly retry?: { readonly afterSeconds?: number }
  readonly panel?: PanelReport
}

export type Answer<T> = Answered<T> | Unanswered

/** The votes behind an answer. */
export interface PanelReport {
  readonly votes: readonly { readonly judge: string; readonly answer: Answer<unknown> }[]
  /** How far the votes were apart: 0 where all agree (see `combineVotes`). */
  readonly spread: number
}

/** Whatever can be asked. A bad answer never throws; only a judge that cannot work at all throws a GuerdonError. */
export interface Judge {
  readonly name: string
  /** What a cache takes for the judge: all that changes its answers besides the question. Default: the name. */
  readonly identity?: string
  ask<T = string>(question: Question<T>, signal?: AbortSignal): Promise<Answer<T>>
  /** The log-probability of each choice as the start of the answer. */
  readonly logprobs?: (
    question: Question,
    choices: readonly string[],
    signal?: AbortSignal,
  ) => Promise<Answer<readonly number[]>>
  /** Frees what the judge holds: a model in memory. */
  readonly close?: () => Promise<void>
}
