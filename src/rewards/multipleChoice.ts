/**
 * Multiple choice, with one right letter (the matching reward of Mixed-R1, arXiv 2505.24164) or several and credit for a
 * part of them.
 */
import type { Prompt } from '../data/message.ts'
import { scored, type Unscored, unscored } from '../data/score.ts'
import { choiceLetters } from '../text/choiceLetters.ts'
import { defineReward, type Reward } from './reward.ts'

export interface MultipleChoiceOptions {
  /**
   * What an answer that is only partly right is worth where several letters are right. 'subset' (the default): the share of
   * the right letters chosen, 0 with any wrong one. 'jaccard': right ones chosen / (right ones + wrong ones chosen), which
   * pays for choosing everything. 'none': nothing.
   */
  readonly partial?: 'subset' | 'jaccard' | 'none'
  /** The last letter that is an option. Default 'J'. */
  readonly last?: string
}

/**
 * The choice read from the completion (see `choiceLetters`) against the reference: a letter 'B', several 'ACD' or
 * 'A, C', or a list of letters. Where one letter is right, an answer that names two scores 0. Parts: `right`, `wrong`.
 */
export function multipleChoice(options: MultipleChoiceOptions = {}): Reward {
  const { partial = 'subset', last } = options
  return defineReward(
    'multipleChoice',
    ({ prompt, completion }) => {
      const wanted = referenceLetters(prompt, last)
      if ('kind' in wanted) return wanted
      const given = choiceLetters(completion.text, last)
      const right = given.filter((letter) => wanted.includes(letter)).length
      const wrong = given.length - right
      const parts = { right, wrong }
      if (right === wanted.length && wrong === 0) return scored(1, { parts })
      const worth = {
        subset: wrong === 0 ? right / wanted.length : 0,
        jaccard: right / (wanted.length + wrong),
        none: 0,
      }
      const found =
        given.length === 0 ? 'no letter can be read as the answer' : `the answer chooses ${given.join(', ')}`
      const feedback = `${found}; right is ${wanted.join(', ')}`
      return scored(wanted.length === 1 ? 0 : worth[partial], { parts, feedback })
    },
    { range: [0, 1] },
  )
}

function referenceLetters(prompt: Prompt, last?: string): readonly string[] | Unscored {
  const { reference } = prompt
  const text =
    Array.isArray(reference) && reference.every((entry) => typeof entry === 'string') ? reference.join(',') : reference
  const letters = typeof text === 'string' ? choiceLetters(text, last) : []
  if (letters.length > 0) return letters
  return unscored('reward', `prompt '${prompt.id}' has no option letter as its reference`)
}
