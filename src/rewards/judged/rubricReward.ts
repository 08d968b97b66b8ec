/**
 * A rubric as a reward: a judge answers each criterion's question about an answer, and
 *
 *     value = Σ_c w_c v_c / Σ_c w_c,   v_c in [0, 1]
 *
 * with v = (rating - low) / (high - low), 1 or 0 for yes or no, or the probability P_yes / (P_yes + P_no).
 */
import { z } from 'zod'
import type { Sample } from '../../data/message.ts'
import { type Score, scored, type Unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { askRepeatedly, meanAndSpread } from './askJudge.ts'
import { hardened } from './hardened.ts'
import { conversationText, judgePrompt, referenceText } from './judgePrompt.ts'
import type { Rubric } from './rubric.ts'
import { formed, needLogprobs, yesNo } from './yesProbability.ts'

/**
 * The weighted mean over a rubric's criteria, in [0, 1]. All criteria are asked in one question, or one by one where the
 * scale is a probability, which is read off the first token. Parts: v of each criterion. The feedback has the judge's
 * reasons. With repetitions `confidence` is 1 less twice the standard deviation of the value.
 */
export function rubricReward(rubric: Rubric, judge: Judge): Reward {
  if (rubric.scale === 'probability') needLogprobs(judge)
  const schema = marksSchema(rubric)
  const weights = rubric.criteria.reduce((total, { weight }) => total + weight, 0)
  const one = async ({ prompt, completion }: Sample, signal?: AbortSignal): Promise<Score> => {
    const reference = rubric.reference ? referenceText(prompt) : undefined
    const fields = [
      ['Question', conversationText(prompt)],
      ...(reference === undefined ? [] : [['Reference answer', reference] as const]),
      ['Answer', completion.text],
    ] as const
    const marked =
      rubric.scale === 'probability'
        ? await probabilities(rubric, judge, fields, signal)
        : await marks(rubric, schema, judge, fields, signal)
    if ('kind' in marked) return marked
    const weighed = (row: readonly number[]) =>
      row.reduce((total, value, c) => total + rubric.criteria[c].weight * value, 0) / weights
    const { mean, spread } = meanAndSpread(marked.rows.map(weighed))
    return scored(mean, {
      parts: Object.fromEntries(
        rubric.criteria.map(({ name }, c) => [name, meanAndSpread(marked.rows.map((row) => row[c])).mean]),
      ),
      ...(marked.feedback === undefined ? {} : { feedback: marked.feedback }),
      ...(marked.rows.length > 1 ? { confidence: Math.max(0, 1 - 2 * spread) } : {}),
    })
  }
  const reward = defineReward(rubric.name ?? 'rubric', one, { range: [0, 1] })
  return rubric.hardened ? { ...hardened(reward), name: reward.name } : reward
}

interface Marked {
  /** A row for each repetition: v of each criterion. */
  readonly rows: readonly (readonly number[])[]
  readonly feedback?: string
}

type Fields = Parameters<typeof judgePrompt>[0]['fields']

function task({ instructions }: Rubric): string {
  return ['You judge an answer to a question.', ...(instructions === undefined ? [] : [instructions])].join('\n')
}

function marksSchema({ criteria, scale }: Rubric) {
  const mark = Array.isArray(scale) ? z.int().min(scale[0]).max(scale[1]) : z.boolean()
  return z.object(Object.fromEntries(criteria.map(({ name }) => [name, z.object({ reason: z.string(), mark })])))
}

async function marks(
  rubric: Rubric,
  schema: ReturnType<typeof marksSchema>,
  judge: Judge,
  fields: Fields,
  signal?: AbortSignal,
): Promise<Marked | Unscored> {
  const { criteria, scale } = rubric
  const form = Array.isArray(scale)
    ? `a whole number from ${scale[0]} (worst) to ${scale[1]} (best)`
    : 'true (yes) or false (no)'
  const asked = criteria.flatMap(({ name, ask, anchors }) => [
    `- ${name}: ${ask}`,
    ...Object.entries(anchors).map(([number, meaning]) => `    ${number}: ${meaning}`),
  ])
  const shape = criteria.map(({ name }) => `"${name}": {"reason": "one sentence", "mark": ...}`)
  const messages = judgePrompt({
    task: task(rubric),
    fields,
    answer: `Criteria:\n${asked.join('\n')}\nGive each a mark: ${form}.\nAnswer with JSON: {${shape.join(', ')}}`,
  })
  const answers = await askRepeatedly(judge, { messages, schema }, { repetitions: rubric.repetitions }, signal)
  if ('kind' in answers) return answers
  const worth = (given: number | boolean) =>
    typeof given === 'boolean' || !Array.isArray(scale) ? Number(given) : (given - scale[0]) / (scale[1] - scale[0])
  return {
    rows: answers.map((answer) => criteria.map(({ name }) => worth(answer[name].mark))),
    feedback: criteria.map(({ name }) => `${name}: ${answers[0][name].reason}`).join('\n'),
  }
}

async function probabilities(
  rubric: Rubric,
  judge: Judge,
  fields: Fields,
  signal?: AbortSignal,
): Promise<Marked | Unscored> {
  const row: number[] = []
  for (const { ask } of rubric.criteria) {
    const messages = judgePrompt({ task: task(rubric), fields, answer: `${ask}\nSay only yes or no.` })
    const found = await yesNo(judge, messages, signal)
    if ('kind' in found) return found
    row.push(formed(found, 'renormalised'))
  }
  return { rows: [row] }
}
