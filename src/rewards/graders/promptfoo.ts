/**
 * Assertions of promptfoo (https://www.promptfoo.dev/docs/configuration/expected-outputs) as a reward:
 *
 *     value = Σ weight · score / Σ weight
 *
 * where a check of yes or no scores 1 or 0. Any type may be turned round with `not-`.
 */
import { GuerdonError } from '../../data/error.ts'
import type { Json, Sample } from '../../data/message.ts'
import { type Score, scored, unscored } from '../../data/score.ts'
import type { Judge } from '../../judge/judge.ts'
import { nearestName } from '../../text/nearestName.ts'
import { judgeScale } from '../judged/judgeScale.ts'
import { defineReward, type Reward } from '../reward.ts'
import { assertionChecks, type Checked } from './promptfooChecks.ts'
import { filled, itemOf } from './template.ts'

/** What a function of one's own may answer: promptfoo's GradingResult, or less. */
export type PromptfooResult =
  | boolean
  | number
  | { readonly pass: boolean; readonly score?: number; readonly reason?: string }

/** One assertion, as in a promptfoo configuration. `value` may have templates {{ column }} of the row. */
export interface PromptfooAssertion {
  readonly type: string
  readonly value?:
    | Json
    | ((
        output: string,
        context: { readonly vars: { readonly [name: string]: Json } },
      ) => PromptfooResult | Promise<PromptfooResult>)
  readonly threshold?: number
  /** Default 1. */
  readonly weight?: number
  /** The part's name. Default: the type. */
  readonly metric?: string
}

/**
 * The weighted mean of the assertions' scores, in [0, 1]. Parts: each assertion's score by its metric or type. With a
 * `threshold` the value is 1 or 0: whether the mean reaches it, as a test of promptfoo passes. `llm-rubric` asks the
 * judge. A function is taken as `javascript`. Types that need a service or a language of their own (python, similar,
 * classifier, cost, ...) are refused with a GuerdonError that lists those there are.
 */
export function promptfoo(
  assertions: readonly PromptfooAssertion[],
  options: { readonly judge?: Judge; readonly threshold?: number } = {},
): Reward {
  const { judge, threshold } = options
  if (assertions.length === 0) throw new GuerdonError('there is no assertion', { where: 'promptfoo' })
  const taken = new Set<string>()
  const all = assertions.map((assertion, i) => {
    const wanted = assertion.metric ?? assertion.type
    const name = taken.has(wanted) ? `${wanted}#${i + 1}` : wanted
    taken.add(name)
    return { name, weight: assertion.weight ?? 1, check: checkOf(assertion, judge) }
  })
  const total = all.reduce((sum, { weight }) => sum + weight, 0)
  if (!(total > 0)) throw new GuerdonError('the weights of the assertions add up to 0', { where: 'promptfoo' })
  return defineReward(
    'promptfoo',
    async (sample, signal): Promise<Score> => {
      const parts: Record<string, number> = {}
      const feedback: string[] = []
      let value = 0
      for (const { name, weight, check } of all) {
        const result = await check(sample, signal)
        if ('kind' in result) return unscored(result.at, `${name}: ${result.reason}`)
        parts[name] = result.score
        value += (weight * result.score) / total
        if (result.reason !== undefined) feedback.push(`${name}: ${result.reason}`)
      }
      const more = { parts, ...(feedback.length === 0 ? {} : { feedback: feedback.join('\n') }) }
      return scored(threshold === undefined ? value : value >= threshold ? 1 : 0, more)
    },
    { range: [0, 1] },
  )
}

type Check = (sample: Sample, signal?: AbortSignal) => Promise<Checked | Extract<Score, { readonly kind: 'unscored' }>>

function checkOf(assertion: PromptfooAssertion, judge: Judge | undefined): Check {
  const turned = assertion.type.startsWith('not-')
  const type = turned ? assertion.type.slice('not-'.length) : assertion.type
  const plain = plainCheck({ ...assertion, type }, judge)
  if (!turned) return plain
  return async (sample, signal) => {
    const result = await plain(sample, signal)
    return 'kind' in result
      ? result
      : { score: 1 - result.score, ...(result.score < 1 ? {} : { reason: `it is so, and must not be` }) }
  }
}

function plainCheck({ type, value, threshold }: PromptfooAssertion, judge: Judge | undefined): Check {
  if (typeof value === 'function') {
    if (type !== 'javascript')
      throw new GuerdonError(`an assertion '${type}' takes no function`, {
        where: 'promptfoo',
        fix: "type: 'javascript'",
      })
    return async (sample) => resultOf(await value(sample.completion.text, { vars: itemOf(sample) }), threshold)
  }
  if (type === 'llm-rubric') return rubricCheck(value, judge)
  const check = Object.hasOwn(assertionChecks, type) ? assertionChecks[type] : undefined
  if (check === undefined) {
    const names = [...Object.keys(assertionChecks), 'javascript (a function)', 'llm-rubric']
    const near = nearestName(type, names)
    throw new GuerdonError(
      `'${type}' is no assertion that runs here${near === undefined ? '' : `; did you mean '${near}'?`}`,
      {
        where: 'promptfoo',
        fix: `there are ${names.join(', ')}, each also with not-`,
      },
    )
  }
  return async (sample) => {
    const given = filledJson(value ?? null, itemOf(sample))
    if ('missing' in given) return unscored('reward', `the row has no '${given.missing}', which the assertion names`)
    return check(sample.completion.text, given.value, threshold)
  }
}

function rubricCheck(value: Json | undefined, judge: Judge | undefined): Check {
  if (judge === undefined)
    throw new GuerdonError("'llm-rubric' asks a model, and no judge was given", {
      where: 'promptfoo',
      fix: 'promptfoo(assertions, { judge })',
    })
  if (typeof value !== 'string')
    throw new GuerdonError("'llm-rubric' needs its rubric as a text in `value`", { where: 'promptfoo' })
  return async (sample, signal) => {
    const criteria = filled(value, itemOf(sample))
    if ('missing' in criteria) return unscored('reward', `the row has no '${criteria.missing}', which the rubric names`)
    const [score] = await judgeScale(judge, { criteria: criteria.text, scale: [0, 10], reference: false }).score(
      [sample],
      signal,
    )
    if (score.kind === 'unscored') return score
    return { score: score.value, ...(score.feedback === undefined ? {} : { reason: score.feedback }) }
  }
}

function resultOf(result: PromptfooResult, threshold: number | undefined): Checked {
  if (typeof result === 'boolean') return { score: result ? 1 : 0 }
  if (typeof result === 'number')
    return threshold === undefined ? { score: result } : { score: result >= threshold ? 1 : 0 }
  const { pass, score = pass ? 1 : 0, reason } = result
  return { score, ...(reason === undefined ? {} : { reason }) }
}

/** Templates in a value, in lists and objects too. */
function filledJson(
  value: Json,
  scope: { readonly [name: string]: Json },
): { readonly value: Json } | { readonly missing: string } {
  if (typeof value === 'string') {
    const result = filled(value, scope)
    return 'missing' in result ? result : { value: result.text }
  }
  if (!Array.isArray(value)) return { value }
  const list: Json[] = []
  for (const each of value) {
    const result = filledJson(each, scope)
    if ('missing' in result) return result
    list.push(result.value)
  }
  return { value: list }
}
