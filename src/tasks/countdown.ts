/** Countdown: reach a target with given numbers, each used at most once: `make 22 from 3 5 7:` → `3*5+7`. */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import type { Random } from '../data/random.ts'
import {
  type Expression,
  evaluateExpression,
  numbersOf,
  type Operator,
  parseExpression,
  printExpression,
} from './expression.ts'
import { generatedTask, type Judgement, type RewardShare } from './generatedTask.ts'
import { type Range, rangeOf } from './range.ts'
import type { GeneratedTask } from './task.ts'

export interface CountdownOptions extends RewardShare {
  /** How many numbers are given (in `meta.count`). Default 3. */
  readonly count?: Range
  /** The numbers given; they may repeat. Default [1, 9]. */
  readonly values?: Range
  /** The target. Default [1, 99]. */
  readonly target?: Range
  /** What a solution is made with; answers may use all four. Default + - *. */
  readonly operators?: readonly Operator[]
}

/**
 * Every prompt has a solution that uses all its numbers. The answer is an expression: what stands in the last
 * `<answer>` tags, else the last line; a closing `= number` is left out. Exact: 7/3*3 is 7. Parts: `answer`, `format` (it
 * can be read and uses only the numbers given). Task: Countdown as in TinyZero (Pan et al. 2025).
 */
export function countdown(options: CountdownOptions = {}): GeneratedTask {
  const { operators = ['+', '-', '*'] } = options
  const count = rangeOf('count', options.count ?? 3, 2, 8)
  const values = rangeOf('values', options.values ?? [1, 9], 1, 1000)
  const target = rangeOf('target', options.target ?? [1, 99], 0, 1_000_000)
  if (operators.length === 0) throw new GuerdonError('operators is empty', { fix: "give some of '+', '-', '*', '/'" })
  return generatedTask({
    name: 'countdown',
    alphabet: `make from 0123456789:()${operators.join('')}`,
    share: options,
    draw(random) {
      const { numbers, goal, solution } = drawSolvable(random, count, values, target, operators)
      return {
        text: `make ${goal} from ${numbers.join(' ')}:`,
        reference: { target: goal, numbers },
        meta: { count: numbers.length, solution },
      }
    },
    judge,
    demonstration(prompt) {
      const solution = prompt.meta?.solution
      if (typeof solution === 'string') return solution
      throw new GuerdonError(`prompt '${prompt.id}' has no solution noted, so it is not one of this task`)
    },
  })
}

const referenceSchema = z.object({ target: z.int(), numbers: z.array(z.int().nonnegative()) })

function judge(answer: string, prompt: Prompt): Judgement {
  const { target, numbers } = referenceSchema.parse(prompt.reference)
  const wrong = (wellFormed: boolean, feedback: string): Judgement => ({ right: false, wellFormed, feedback })
  const parsed = parseExpression(answerOf(answer))
  if ('error' in parsed) return wrong(false, `not an expression: ${parsed.error}`)
  // Held against the numbers given before anything is computed, so that no answer can make values grow.
  const left = numbers.map(String)
  for (const digits of numbersOf(parsed.expression)) {
    const at = left.indexOf(digits)
    if (at === -1) return wrong(false, `${digits.slice(0, 40)} is not given, or not so often`)
    left.splice(at, 1)
  }
  const value = evaluateExpression(parsed.expression)
  if (value === undefined) return wrong(true, 'it divides by zero')
  if (value.numerator === BigInt(target) && value.denominator === 1n) return { right: true, wellFormed: true }
  return wrong(
    true,
    `it makes ${value.numerator}${value.denominator === 1n ? '' : `/${value.denominator}`}, not ${target}`,
  )
}

function answerOf(text: string): string {
  const open = text.lastIndexOf('<answer>')
  const tagged = open === -1 ? undefined : text.slice(open + '<answer>'.length).split('</answer>', 1)[0]
  const line = (tagged ?? text).trim().split('\n').at(-1) ?? ''
  return line.replace(/=\s*-?\d+\s*$/, '').trim()
}

interface Solvable {
  readonly numbers: readonly number[]
  readonly goal: number
  readonly solution: string
}

type Ends = readonly [number, number]

/** Joins random numbers by random operations until one is left; draws again until that one can be a target. */
function drawSolvable(
  random: Random,
  count: Ends,
  values: Ends,
  target: Ends,
  operators: readonly Operator[],
): Solvable {
  for (let tries = 0; tries < 10_000; tries++) {
    const numbers = Array.from({ length: random.int(...count) }, () => random.int(...values))
    const solution = joinAll(random, numbers, operators)
    const value = evaluateExpression(solution)
    if (value === undefined || value.denominator !== 1n) continue
    const goal = Number(value.numerator)
    if (target[0] <= goal && goal <= target[1]) return { numbers, goal, solution: printExpression(solution) }
  }
  throw new GuerdonError(`no target within [${target}] comes from numbers within [${values}]`, {
    fix: 'widen the range of the target or of the values, or allow more operators',
  })
}

function joinAll(random: Random, numbers: readonly number[], operators: readonly Operator[]): Expression {
  let parts = numbers.map((number): Expression => ({ kind: 'number', digits: `${number}` }))
  while (parts.length > 1) {
    const [left, right, ...rest] = random.shuffle(parts)
    const operator = random.pick(operators)
    parts = [...rest, { kind: 'operation', operator, left, right }]
  }
  return parts[0]
}
