/** The rewards of bench/server.ts: a regular expression at once, after 50 ms, and one that never answers some. */
import { setTimeout } from 'node:timers/promises'
import { defineReward, regexFormat } from '../src/rewards/index.ts'

const answer = /#### -?\d+/

export const regex = regexFormat(answer)

export const wait = defineReward(
  'wait',
  async ({ completion }) => {
    await setTimeout(50)
    return answer.test(completion.text)
  },
  { range: [0, 1] },
)

export const hang = defineReward(
  'hang',
  ({ completion }) => {
    if (completion.text.includes('[hang]')) return new Promise<boolean>(() => undefined)
    return answer.test(completion.text)
  },
  { range: [0, 1] },
)

/** The same, but it blocks the thread, which no framework but a process of its own can help. */
export const loop = defineReward(
  'loop',
  ({ completion }) => {
    while (completion.text.includes('[hang]')) {}
    return answer.test(completion.text)
  },
  { range: [0, 1] },
)
