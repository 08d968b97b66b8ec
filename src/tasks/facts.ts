/**
 * Facts to be told: `a3 d7 f0:` → `a is 3 d has 7 f is 0`. An answer can be told well in many ways (each fact has four
 * wordings of equal length), and its quality is known: the share of facts it tells. A small likeness of following
 * instructions, for rewards that compare an answer with references.
 * Source: BLEUBERI (arXiv 2505.11080), as a small experiment on BLEU as a reward.
 */
import type { Prompt } from '../data/message.ts'
import { type Random, random } from '../data/random.ts'
import { generatedTask, promptText } from './generatedTask.ts'
import { rangeOf } from './range.ts'
import type { Demonstration, GeneratedTask } from './task.ts'

export interface FactsOptions {
  /** How many facts a prompt gives, at most 8. Default 3. */
  readonly facts?: number
  /** How many references a prompt has: whole answers, each in wordings of its own. Default 5. */
  readonly references?: number
  /** How often a poor answer leaves a fact out. Default 0.4. */
  readonly drop?: number
  /** How often it tells a fact with another value. Default 0.2. */
  readonly corrupt?: number
}

export interface FactsTask extends GeneratedTask {
  /** Endless warm-up data: poor answers, some facts dropped and some told wrongly. */
  warmup(seed: number | string): Generator<Demonstration, void, undefined>
  /** An answer as a poor writer gives it. */
  poorAnswer(prompt: Prompt, source: Random): string
}

const KEYS = 'abcdefgh'
const WORDS = ['is', 'has', 'was', 'got']

/**
 * Prompts of `facts` keys with a digit each; `reference` is the list of reference answers. Parts: `answer` (all facts are
 * told), `format` (nothing but tellings of facts), `facts` (the share told; a key told twice counts by its first telling).
 */
export function facts(options: FactsOptions = {}): FactsTask {
  const [count] = rangeOf('facts', options.facts ?? 3, 1, KEYS.length)
  const [references] = rangeOf('references', options.references ?? 5, 1, 100)
  const { drop = 0.4, corrupt = 0.2 } = options
  const task = generatedTask({
    name: 'facts',
    alphabet: `${KEYS}0123456789 :${WORDS.join('')}`,
    share: {},
    draw(source) {
      const keys = source.shuffle([...KEYS]).slice(0, count)
      const given = keys.map((key): Fact => [key, `${source.int(0, 9)}`])
      return {
        text: `${given.map((fact) => fact.join('')).join(' ')}:`,
        reference: Array.from({ length: references }, () => told(given, source)),
      }
    },
    judge(answer, prompt) {
      const share = factShare(answer, prompt)
      return {
        right: share === 1,
        wellFormed: WELL_FORMED.test(answer),
        parts: { facts: share },
        feedback: `${Math.round(share * factsOf(prompt).length)} of ${factsOf(prompt).length} facts are told`,
      }
    },
    demonstration: (prompt) => told(factsOf(prompt), random(`facts/told/${promptText(prompt)}`)),
  })
  const poorAnswer = (prompt: Prompt, source: Random): string => {
    const kept = factsOf(prompt).filter(() => source.next() >= drop)
    const written = kept.map(([key, value]): Fact => [key, source.next() < corrupt ? `${source.int(0, 9)}` : value])
    return told(written, source)
  }
  return {
    ...task,
    poorAnswer,
    *warmup(seed) {
      const source = random(`facts/warmup/${seed}`)
      for (const prompt of task.prompts(seed)) yield { prompt, answer: poorAnswer(prompt, source) }
    },
  }
}

type Fact = readonly [key: string, value: string]

const TELLING = new RegExp(`\\b([${KEYS}]) (?:${WORDS.join('|')}) (\\d)\\b`, 'g')
const WELL_FORMED = new RegExp(`^(?:[${KEYS}] (?:${WORDS.join('|')}) \\d(?: |$))*$`)

/** The quality of an answer: the share of the prompt's facts that it tells rightly. */
export function factShare(answer: string, prompt: Prompt): number {
  const said = new Map<string, string>()
  for (const [, key, value] of answer.matchAll(TELLING)) if (!said.has(key)) said.set(key, value)
  const given = factsOf(prompt)
  return given.filter(([key, value]) => said.get(key) === value).length / given.length
}

function factsOf(prompt: Prompt): Fact[] {
  return Array.from(promptText(prompt).matchAll(/([a-h])(\d)/g), ([, key, value]): Fact => [key, value])
}

function told(given: readonly Fact[], source: Random): string {
  return given.map(([key, value]) => `${key} ${source.pick(WORDS)} ${value}`).join(' ')
}
