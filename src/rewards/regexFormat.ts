/** Whether the answer has a given form, as a regular expression says it. */
import { scored } from '../data/score.ts'
import { defineReward, type Reward } from './reward.ts'

/**
 * 1 where the expression matches the completion's text, else 0. It searches; write ^ and $ for the whole text, and the
 * flag s where a dot shall match line ends. The flags g and y work like no flag and like ^: nothing is remembered
 * between samples. Only the completion is seen: a tag that the chat template already opened is not in it.
 */
export function regexFormat(regex: RegExp): Reward {
  const form = new RegExp(regex)
  const miss = scored(0, { feedback: `the answer does not match ${regex}` })
  return defineReward(
    'regexFormat',
    ({ completion }) => {
      // With g or y, test() starts where the last call ended.
      form.lastIndex = 0
      return form.test(completion.text) ? 1 : miss
    },
    { range: [0, 1] },
  )
}
