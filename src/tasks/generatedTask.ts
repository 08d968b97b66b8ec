/** What every generated task shares: a seeded endless stream, ids, and a verifiable 0/1 reward with named parts. */
import { GuerdonError } from '../data/error.ts'
import { type Json, type Prompt, type Sample, textOf, userPrompt } from '../data/message.ts'
import { type Random, random } from '../data/random.ts'
import { scored } from '../data/score.ts'
import { defineReward, type Reward } from '../rewards/reward.ts'
import type { GeneratedTask } from './task.ts'

/** One exercise: the text of the prompt, and what the reward needs to judge an answer. */
export interface Exercise {
  readonly text: string
  readonly reference: Json
  readonly meta?: Prompt['meta']
}

/** How an answer did. `right` is the verdict; `wellFormed` whether it is written as the task wants it. */
export interface Judgement {
  readonly right: boolean
  readonly wellFormed: boolean
  /** Further named components. */
  readonly parts?: Readonly<Record<string, number>>
  /** What was wrong, in words. */
  readonly feedback?: string
  /** How promising each step of the answer is, from 0 to 1: a process reward, given where completions have steps. */
  readonly steps?: readonly number[]
}

export interface RewardShare {
  /**
   * The share of the reward that is for form alone: value = (1 - formatWeight) · answer + formatWeight · format.
   * Default 0, so that the value is 1 for a right answer and 0 for any other.
   */
  readonly formatWeight?: number
}

/** A task from a function that draws one exercise and one that judges an answer to it. */
export function generatedTask(options: {
  readonly name: string
  readonly alphabet: string
  /** Exercise n of a stream, from the stream's generator. */
  readonly draw: (random: Random, n: number) => Exercise
  readonly judge: (answer: string, prompt: Prompt) => Judgement
  readonly demonstration: (prompt: Prompt) => string
  readonly share: RewardShare
}): GeneratedTask {
  const { name, draw, judge, demonstration, share } = options
  return {
    name,
    alphabet: uniqueCharacters(options.alphabet),
    reward: answerReward(name, judge, share),
    *prompts(seed) {
      const source = random(`${name}/${seed}`)
      for (let n = 0; ; n++) {
        const { text, reference, meta } = draw(source, n)
        yield userPrompt(`${name}-${seed}-${n}`, text, reference, meta)
      }
    },
    demonstration,
  }
}

function answerReward(name: string, judge: (answer: string, prompt: Prompt) => Judgement, share: RewardShare): Reward {
  const { formatWeight = 0 } = share
  const one = ({ prompt, completion }: Sample) => {
    const { right, wellFormed, parts, feedback, steps } = judge(completion.text, prompt)
    const answer = right ? 1 : 0
    const format = wellFormed ? 1 : 0
    return scored((1 - formatWeight) * answer + formatWeight * format, {
      parts: { answer, format, ...parts },
      ...(feedback === undefined || right ? {} : { feedback }),
      ...(steps === undefined || completion.steps === undefined ? {} : { steps: Float32Array.from(steps) }),
    })
  }
  return defineReward(name, one, { range: [0, 1] })
}

/** The text of a prompt's last message: the exercise itself. */
export function promptText(prompt: Prompt): string {
  const last = prompt.messages.at(-1)
  return last === undefined ? '' : textOf(last.content)
}

/** The reference of a prompt whose answer is a text. Throws for a prompt of another task: its answers are Unscored. */
export function referenceText(prompt: Prompt): string {
  if (typeof prompt.reference === 'string') return prompt.reference
  throw new GuerdonError(`prompt '${prompt.id}' has no text as its reference, so it is not one of this task`)
}

/** The different characters of a text, sorted. */
export function uniqueCharacters(text: string): string {
  return [...new Set(text)].sort().join('')
}
