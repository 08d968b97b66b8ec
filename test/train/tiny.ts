/** The smallest things that learn: a model of 0.2 million parameters, prompts of a few letters, a reward for one letter. */
import { type Prompt, userPrompt } from '../../src/data/message.ts'
import { type LocalOptions, nano } from '../../src/policy/local/local.ts'
import { defineReward, type Reward } from '../../src/rewards/reward.ts'
import type { GeneratedTask } from '../../src/tasks/task.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const alphabet = 'abcdefgh'
export const tokenizer = characterTokenizer(alphabet)

export function tinyPolicy(seed: number | string = 1, options: LocalOptions & { readonly valueHead?: boolean } = {}) {
  return nano('0.2M', tokenizer, { seed, context: 16, threads: 1, ...options })
}

/** 1 for an answer that begins with the letter. */
export function beginsWith(letter: string): Reward {
  return defineReward('beginsWith', ({ completion }) => completion.text.startsWith(letter), { range: [0, 1] })
}

/** Six prompts in turn, without end; 'c' is the answer to all of them. */
export function tinyTask(reward: Reward = beginsWith('c')): GeneratedTask {
  return {
    name: 'tiny',
    reward,
    alphabet,
    demonstration: () => 'c',
    *prompts(seed) {
      for (let n = 0; ; n++) yield tinyPrompt(`${seed}-${n}`, n)
    },
  }
}

const texts = ['a', 'b', 'ab', 'ba', 'h', 'gh']

function tinyPrompt(id: string, n: number): Prompt {
  return userPrompt(id, texts[n % texts.length])
}

export function tinyPrompts(count: number): Prompt[] {
  return Array.from({ length: count }, (_, n) => tinyPrompt(`p${n}`, n))
}
