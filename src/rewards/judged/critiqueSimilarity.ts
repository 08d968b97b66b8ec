/**
 * The reward of a pairwise judge in training: its choice, and its critique's arguments against a person's (RM-NLHF, arXiv
 * 2601.07349). See `critiqueReward.ts` for the equations; this is the reward around them, with a judge that matches
 * arguments.
 */
import { z } from 'zod'
import type { Prompt } from '../../data/message.ts'
import { scored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { taggedText } from '../../text/taggedText.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askOnce } from './askJudge.ts'
import { argumentOverlap, type CritiqueWeights, critiqueReward } from './critiqueReward.ts'
import { isJsonObject } from './jsonObject.ts'
import { conversationText, judgePrompt } from './judgePrompt.ts'

const count = z.int().min(0)
const schema = z.object({ reasoning: z.string(), repetitive: z.boolean(), n_ref: count, n_gen: count, matched: count })

/**
 * Scores outputs of the form `<critics>...</critics><choice>[[A]]</choice>`: -1 where the form is missing, 0 with the
 * wrong choice, 1 with the right one, and lambda more where the critique has the human one's core arguments. The reference
 * is { label: 'A' or 'B', critique: text }; without a critique only the choice counts, and no judge is asked. Parts:
 * `choice`, and where it was judged `precision`, `recall`, `f1`.
 */
export function critiqueSimilarity(judge: Judge, weights: CritiqueWeights = {}): Reward {
  return defineReward(
    'critiqueSimilarity',
    async ({ prompt, completion }, signal) => {
      const known = labelOf(prompt)
      if (known === undefined)
        return unscored('reward', `the reference of prompt '${prompt.id}' has no label 'A' or 'B'`)
      const critique = taggedText(completion.text, 'critics')
      const choice = /\[\[([AB])\]\]/.exec(taggedText(completion.text, 'choice') ?? '')?.[1]
      if (critique === undefined || choice === undefined)
        return scored(critiqueReward(undefined, 0, weights), {
          feedback: 'no <critics> and <choice>[[A]]</choice> in it',
        })
      const right = choice === known.label
      if (!right || known.critique === undefined)
        return scored(critiqueReward(right, 0, weights), { parts: { choice: right ? 1 : 0 } })
      const messages = matching(conversationText(prompt), critique, known.critique)
      const answer = await askOnce(judge, { messages, schema, temperature: 0 }, signal)
      if ('kind' in answer) return answer
      const { repetitive, n_ref: reference, n_gen: generated, matched, reasoning } = answer.value
      const overlap = argumentOverlap(
        repetitive ? { matched: 0, generated, reference } : { matched, generated, reference },
      )
      return scored(critiqueReward(true, overlap.f1, weights), {
        parts: { choice: 1, ...overlap },
        feedback: reasoning,
      })
    },
    { range: [-1, 1 + (weights.lambda ?? 0.5)] },
  )
}

function labelOf({ reference }: Prompt): { readonly label: 'A' | 'B'; readonly critique?: string } | undefined {
  if (!isJsonObject(reference)) return undefined
  const { label, critique } = reference
  if (label !== 'A' && label !== 'B') return undefined
  return { label, ...(typeof critique === 'string' ? { critique } : {}) }
}

function matching(question: string, critique: string, human: string) {
  return judgePrompt({
    task: 'You compare the decisive arguments of two critiques of the same pair of answers.',
    fields: [
      ['Question with both answers', question],
      ['Human critique', human],
      ['Generated critique', critique],
    ],
    answer: [
      'repetitive: whether the generated critique only repeats one point.',
      'n_ref: decisive arguments of the human critique; 1 if it names a fatal error, which is then the only one.',
      'n_gen: different decisive arguments of the generated critique.',
      'matched: how many arguments of the human critique the generated one has with the same meaning and the same stance',
      '(which answer, praise or blame); each generated argument counts once.',
      'Answer with JSON: {"reasoning": "...", "repetitive": false, "n_ref": 0, "n_gen": 0, "matched": 0}',
    ].join('\n'),
  })
}
