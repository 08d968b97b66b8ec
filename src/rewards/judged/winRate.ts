/**
 * Pairwise win rate: a judge compares an answer with others, each pair in both orders. With o in {1, 1/2, 0} for a win, a tie
 * and a loss,
 *
 *     value_i = mean_j o_ij
 *
 * over the other answers to the prompt, or over its references. Judges favour a place (Zheng et al., "Judging LLM-as-a-Judge",
 * arXiv 2306.05685, section 3.4): a verdict that turns with the order is a tie, and is counted.
 */
import { z } from 'zod'
import type { Prompt, Sample } from '../../data/message.ts'
import { type Score, scored, type Unscored, unscored } from '../../data/score.ts'
import { bothOrders, mapAnswer, type PairVerdict } from '../../judge/bothOrders.ts'
import type { Judge } from '../../judge/judge.ts'
import { referenceTexts } from '../againstReferences.ts'
import type { Reward } from '../reward.ts'
import { unanswered } from './askJudge.ts'
import { conversationText, judgePrompt } from './judgePrompt.ts'

export interface WinRateOptions {
  /** What a good answer does. Default: it is correct, complete, clear, and does what was asked. */
  readonly criteria?: string
  /** 'group' (the default): the other answers to the prompt; listwise. 'reference': the prompt's reference, or several. */
  readonly against?: 'group' | 'reference'
}

const schema = z.object({ reason: z.string(), better: z.enum(['1', '2', 'equal']) })
const firstIsBetter = { 1: 1, 2: 0, equal: 0.5 } as const

type Verdict = { readonly value: PairVerdict } | Unscored

/**
 * The win rate of each answer, in [0, 1]. Parts: `compared` (pairs that were judged), `disagreed` (those of them whose verdict
 * turned with the order). Two questions a pair: n (n - 1) for a group of n. Equal texts tie and are not asked about. A pair
 * without a verdict is left out of the mean; an answer without any is Unscored.
 */
export function winRate(judge: Judge, options: WinRateOptions = {}): Reward {
  const { criteria = 'It is correct, complete, clear, and does what was asked.', against = 'group' } = options
  const compare = async (prompt: Prompt, a: string, b: string, signal?: AbortSignal): Promise<Verdict> => {
    if (a.trim() === b.trim()) return { value: { winner: 'tie', agreed: true, preference: 0.5, positionBias: 0 } }
    const asked = async (first: string, second: string, given?: AbortSignal) =>
      mapAnswer(
        await judge.ask({ messages: pair(prompt, criteria, first, second), schema, temperature: 0 }, given),
        ({ better }) => firstIsBetter[better],
      )
    const answer = await bothOrders(asked, a, b, signal)
    return answer.ok ? { value: answer.value } : unanswered(answer)
  }
  const group = async (samples: readonly Sample[], signal?: AbortSignal): Promise<Score[]> => {
    const [{ prompt }] = samples
    if (samples.length < 2) return [unscored('reward', `prompt '${prompt.id}' has no two answers to compare`)]
    const texts = samples.map(({ completion }) => completion.text)
    // Verdicts of i against j for i < j; the other way round they are turned.
    const above = await Promise.all(
      texts.map((a, i) => Promise.all(texts.slice(i + 1).map((b) => compare(prompt, a, b, signal)))),
    )
    const of = (i: number, j: number) => (i < j ? above[i][j - i - 1] : turned(above[j][i - j - 1]))
    return texts.map((_, i) => rate(texts.flatMap((_, j) => (i === j ? [] : [of(i, j)]))))
  }
  const referenced = async ({ prompt, completion }: Sample, signal?: AbortSignal): Promise<Score> => {
    const known = referenceTexts(prompt)
    if ('kind' in known) return known
    return rate(await Promise.all(known.map((text) => compare(prompt, completion.text, text, signal))))
  }
  return {
    name: 'winRate',
    range: [0, 1],
    ...(against === 'group' ? { listwise: true } : {}),
    async score(samples, signal) {
      if (against === 'reference') return Promise.all(samples.map((sample) => referenced(sample, signal)))
      const scores = new Map<number, Score>()
      const groups = Map.groupBy(samples.keys(), (at) => samples[at].prompt.id)
      await Promise.all(
        Array.from(groups.values(), async (places) => {
          const found = await group(
            places.map((at) => samples[at]),
            signal,
          )
          places.forEach((at, i) => {
            scores.set(at, found[i])
          })
        }),
      )
      return samples.map((_, at) => scores.get(at) ?? unscored('judge', 'the answer was not compared'))
    },
  }
}

const worth: Readonly<Record<PairVerdict['winner'], number>> = { a: 1, tie: 0.5, b: 0 }

function rate(verdicts: readonly Verdict[]): Score {
  const found = verdicts.flatMap((verdict) => ('value' in verdict ? [verdict.value] : []))
  const missing = verdicts.find((verdict) => 'kind' in verdict)
  if (found.length === 0) return missing !== undefined && 'kind' in missing ? missing : unscored('judge', 'no verdict')
  const disagreed = found.filter(({ agreed }) => !agreed).length
  return scored(found.reduce((total, { winner }) => total + worth[winner], 0) / found.length, {
    parts: { compared: found.length, disagreed },
    ...(disagreed === 0 ? {} : { feedback: `${disagreed} of ${found.length} verdicts turned with the order: ties` }),
  })
}

function turned(verdict: Verdict): Verdict {
  if ('kind' in verdict) return verdict
  const { winner, preference, ...rest } = verdict.value
  const other = winner === 'tie' ? 'tie' : winner === 'a' ? 'b' : 'a'
  return { value: { ...rest, winner: other, preference: 1 - preference } }
}

function pair(prompt: Prompt, criteria: string, first: string, second: string) {
  return judgePrompt({
    task: 'You compare two answers to a question.',
    fields: [
      ['Question', conversationText(prompt)],
      ['Answer 1', first],
      ['Answer 2', second],
    ],
    answer: [
      `Criteria: ${criteria}`,
      'The order in which the answers are shown means nothing.',
      'Answer with JSON: {"reason": "one or two sentences", "better": "1" or "2" or "equal"}',
    ].join('\n'),
  })
}
