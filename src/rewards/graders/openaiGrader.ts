/**
 * OpenAI's grader JSON as a reward: string_check, text_similarity, score_model, label_model and multi
 * (https://platform.openai.com/docs/guides/graders). Templates are {{ item.column }} and {{ sample.output_text }}; see
 * `itemOf` for what a row has. The models of score_model and label_model are the judge that is given here.
 */
import { z } from 'zod'
import { GuerdonError } from '../../data/error.ts'
import type { Json, Message, Sample } from '../../data/message.ts'
import { type Score, scored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { nonceFor, quoted } from '../../judge/quoted.ts'
import { askOnce } from '../judged/askJudge.ts'
import { defineReward, type Reward } from '../reward.ts'
import { parseFormula } from './formula.ts'
import { answerOf, filled, itemOf } from './template.ts'
import { similarityMetrics, textSimilarity } from './textSimilarity.ts'

const name = z.string().default('grader')
const content = z.union([z.string(), z.object({ type: z.string(), text: z.string() }).transform(({ text }) => text)])
const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant']),
  content: z.union([content, z.array(content).transform((parts) => parts.join(''))]),
})
const sampling = z.object({ temperature: z.number().nullish(), seed: z.number().nullish() }).partial().nullish()

const single = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('string_check'),
    name,
    operation: z.enum(['eq', 'ne', 'like', 'ilike']),
    input: z.string(),
    reference: z.string(),
  }),
  z.object({
    type: z.literal('text_similarity'),
    name,
    evaluation_metric: z.enum(similarityMetrics),
    input: z.string(),
    reference: z.string(),
  }),
  z.object({
    type: z.literal('score_model'),
    name,
    input: z.array(message).min(1),
    range: z.tuple([z.number(), z.number()]).default([0, 1]),
    sampling_params: sampling,
  }),
  z.object({
    type: z.literal('label_model'),
    name,
    input: z.array(message).min(1),
    labels: z.array(z.string()).min(2),
    passing_labels: z.array(z.string()).min(1),
    sampling_params: sampling,
  }),
])

const grader = z.union([
  single,
  z.object({
    type: z.literal('multi'),
    name,
    graders: z.union([z.record(z.string(), single), single.transform((one) => ({ [one.name]: one }))]),
    calculate_output: z.string(),
  }),
])

type Grader = z.output<typeof grader>
type Single = z.output<typeof single>

/**
 * The grader as a reward. A row without a column that a template names is Unscored; so is a judge's answer that is no
 * score or label. multi: parts are its graders' values. Throws a GuerdonError for JSON that is no grader of these kinds
 * (python graders run code: use `codeTests`), for a formula that makes no sense, and for a model grader without a judge.
 */
export function openaiGrader(json: Json, options: { readonly judge?: Judge } = {}): Reward {
  const read = grader.safeParse(json)
  if (!read.success)
    throw new GuerdonError(`this is no grader: ${z.prettifyError(read.error).replaceAll(/\s+/g, ' ')}`, {
      where: JSON.stringify(json).slice(0, 80),
      fix: 'use string_check, text_similarity, score_model, label_model or multi, as the OpenAI API has them',
    })
  const given: Grader = read.data
  const judged = given.type === 'multi' ? Object.values(given.graders) : [given]
  const model = judged.find(({ type }) => type === 'score_model' || type === 'label_model')
  if (model !== undefined && options.judge === undefined)
    throw new GuerdonError(`the grader '${model.name}' asks a model, and no judge was given`, {
      fix: 'openaiGrader(json, { judge })',
    })
  if (given.type !== 'multi') {
    const range = given.type === 'score_model' ? given.range : ([0, 1] as const)
    return defineReward(given.name, (sample, signal) => graded(given, sample, options.judge, signal), { range })
  }
  const formula = parseFormula(given.calculate_output)
  const unknown = formula.names.find((each) => !Object.hasOwn(given.graders, each))
  if (unknown !== undefined)
    throw new GuerdonError(`the formula names '${unknown}', and there is no such grader`, {
      where: given.name,
      fix: `its graders are ${Object.keys(given.graders).join(', ')}`,
    })
  return defineReward(given.name, async (sample, signal): Promise<Score> => {
    const parts: Record<string, number> = {}
    const feedback: string[] = []
    for (const [key, one] of Object.entries(given.graders)) {
      const score = await graded(one, sample, options.judge, signal)
      if (score.kind === 'unscored') return unscored(score.at, `${key}: ${score.reason}`)
      parts[key] = score.value
      if (score.feedback !== undefined) feedback.push(`${key}: ${score.feedback}`)
    }
    return scored(formula.evaluate(parts), {
      parts,
      ...(feedback.length === 0 ? {} : { feedback: feedback.join('\n') }),
    })
  })
}

async function graded(one: Single, sample: Sample, judge: Judge | undefined, signal?: AbortSignal): Promise<Score> {
  const scope = scopeOf(sample)
  if (one.type === 'string_check' || one.type === 'text_similarity') {
    const [input, reference] = [filled(one.input, scope), filled(one.reference, scope)]
    if ('missing' in input) return noColumn(input.missing)
    if ('missing' in reference) return noColumn(reference.missing)
    if (one.type === 'text_similarity') return scored(textSimilarity(one.evaluation_metric, input.text, reference.text))
    return scored(operations[one.operation](input.text, reference.text) ? 1 : 0)
  }
  const messages = messagesOf(one.input, scope, sample)
  if ('missing' in messages) return noColumn(messages.missing)
  if (judge === undefined) return unscored('judge', 'no judge was given')
  const { temperature, seed } = one.sampling_params ?? {}
  const question = { messages: messages.list, temperature: temperature ?? 0, seed: seed ?? 0 }
  if (one.type === 'score_model') {
    const [low, high] = one.range
    const schema = z.object({ steps: z.string(), result: z.number().min(low).max(high) })
    const answer = await askOnce(judge, { ...question, schema }, signal)
    return 'kind' in answer ? answer : scored(answer.value.result, { feedback: answer.value.steps })
  }
  const schema = z.object({ steps: z.string(), result: z.enum(one.labels) })
  const answer = await askOnce(judge, { ...question, schema }, signal)
  if ('kind' in answer) return answer
  const { result, steps } = answer.value
  return scored(one.passing_labels.includes(result) ? 1 : 0, { feedback: `${result}: ${steps}` })
}

function noColumn(path: string): Score {
  return unscored('reward', `the row has no '${path}', which a template of the grader names`)
}

const operations: Readonly<Record<'eq' | 'ne' | 'like' | 'ilike', (input: string, reference: string) => boolean>> = {
  eq: (input, reference) => input === reference,
  ne: (input, reference) => input !== reference,
  like: (input, reference) => input.includes(reference),
  ilike: (input, reference) => input.toLowerCase().includes(reference.toLowerCase()),
}

/** The grader's messages filled in; the answer stands in them fenced, as data. */
function messagesOf(
  input: readonly z.output<typeof message>[],
  scope: ReturnType<typeof scopeOf>,
  sample: Sample,
): { readonly list: readonly Message[] } | { readonly missing: string } {
  const { text } = sample.completion
  const fenced = { ...scope, sample: { ...scope.sample, output_text: quoted(text, nonceFor([text])) } }
  const list: Message[] = []
  for (const { role, content: template } of input) {
    const result = filled(template, fenced)
    if ('missing' in result) return result
    list.push({ role: role === 'developer' ? 'system' : role, content: result.text })
  }
  return { list }
}

function scopeOf(sample: Sample) {
  return { item: itemOf(sample), sample: answerOf(sample) }
}
