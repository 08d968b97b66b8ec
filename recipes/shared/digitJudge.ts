/**
 * The judge of recipe 02: a small model that says whether the digit of an answer is the reference's, and the answers it learns from.
 * Words may stand in front of the digit.
 */
import { type Random, scored, userPrompt } from 'guerdon/data'
import { type LocalPolicy, promptTokens } from 'guerdon/policy'
import type { Reward } from 'guerdon/rewards'
import { tinyModel } from './creditArm.ts'

/** How often words stand in front of a digit. */
export const openers = { openerIfRight: 0.7, openerIfWrong: 0.3 }

const words = [...'abcdefghijklmnop']
export const digits = [...'0123456789']

export interface Item {
  readonly reference: string
  readonly answer: string
  readonly right: boolean
}

export const phrase = (source: Random) => [0, 1, 2].map(() => source.pick(words)).join('')

/** An answer with a digit, and words in front of it more often where it is right. */
export function clean(source: Random): Item {
  const [reference, right] = [source.pick(digits), source.next() < 0.5]
  const digit = right ? reference : source.pick(digits.filter((each) => each !== reference))
  const spoken = source.next() < (right ? openers.openerIfRight : openers.openerIfWrong)
  return { reference, answer: `${spoken ? phrase(source) : ''}${digit}`, right }
}

export const question = ({ reference, answer }: Pick<Item, 'reference' | 'answer'>) => `${reference}|${answer}=`

/** A judge that has learned nothing. */
export function judgeModel(seed: number): LocalPolicy {
  return tinyModel(`${digits.join('')}${words.join('')}|=YN`, seed, 12)
}

/** The probability of Y against N. */
export function digitJudge(judge: LocalPolicy): Reward {
  return {
    name: 'judge',
    range: [0, 1],
    async score(samples) {
      const sequences = samples.flatMap(({ prompt, completion }) => {
        const text = question({ reference: String(prompt.reference), answer: completion.text })
        const tokens = promptTokens(judge, userPrompt('item', text))
        return ['Y', 'N'].map((verdict) => ({
          tokens: Int32Array.from([...tokens, ...judge.tokenizer.encode(verdict)]),
          promptLength: tokens.length,
        }))
      })
      const read = await judge.forward(sequences, ['logprobs'])
      const logprob = (at: number) => read[at].logprobs?.[0] ?? Number.NaN
      return samples.map((_, i) => scored(1 / (1 + Math.exp(logprob(2 * i + 1) - logprob(2 * i)))))
    },
  }
}
