/**
 * Chains of arithmetic with worked steps: `7+5-3*2=` → `3*2=6;7+5=12;12-6=6;6`. Products come before sums, as everyone
 * reads them; among equals the left one comes first. A step replaces one operation by its result.
 */
import { GuerdonError } from '../data/error.ts'
import type { Prompt } from '../data/message.ts'
import { type Random, random } from '../data/random.ts'
import { generatedTask, promptText, type RewardShare, referenceText } from './generatedTask.ts'
import { judgeNumber } from './judgeNumber.ts'
import { type Range, rangeOf } from './range.ts'
import type { GeneratedTask } from './task.ts'

export interface ChainedArithmeticOptions extends RewardShare {
  /** How many operations; of a range, each prompt draws one (in `meta.operations`). Default [1, 3]. */
  readonly operations?: Range
  /** The numbers in the prompt. Default [0, 9]. */
  readonly operands?: Range
  /** Drawn with equal chance. Default + and -. */
  readonly operators?: readonly ('+' | '-' | '*')[]
  /** Every result is taken modulo this number, in [0, modulus): numbers stay short. Written `7+5-3 mod 11=`. Default: none. */
  readonly modulus?: number
  /**
   * Share of the differences below zero that demonstrations take the wrong way round, the smaller from the larger (`2-5=3`), and
   * go on from: the commonest slip of pupils (Brown and Burton 1978, Diagnostic Models for Procedural Bugs). What a model imitates
   * is then wrong in a way that the reward is not. Drawn by the prompt's id: a prompt's demonstration is always the same. Default 0.
   */
  readonly slips?: number
}

/**
 * The answer is the chain's value; the last number of the completion counts. Parts: `answer`; `format` (steps
 * `a∘b=c;` and then a bare number); `steps`, the share of the demonstration's steps that are written as they should,
 * each in its place.
 */
export function chainedArithmetic(options: ChainedArithmeticOptions = {}): GeneratedTask {
  const { operators = ['+', '-'], modulus, slips = 0 } = options
  const [fewest, most] = rangeOf('operations', options.operations ?? [1, 3], 1, 100)
  const [low, high] = rangeOf('operands', options.operands ?? [0, 9], 0, 1_000_000)
  if (modulus !== undefined) rangeOf('modulus', modulus, 2, 1_000_000)
  if (!(slips >= 0 && slips <= 1)) throw new GuerdonError(`slips is ${slips}`, { fix: 'give a share from 0 to 1' })
  if (operators.length === 0) throw new GuerdonError('operators is empty', { fix: "give some of '+', '-', '*'" })
  const multiplies = operators.includes('*')
  if (multiplies && modulus === undefined && high ** (most + 1) > Number.MAX_SAFE_INTEGER) {
    throw new GuerdonError(`${most + 1} factors up to ${high} pass the largest exact number`, {
      fix: 'take fewer operations, smaller operands or a modulus',
    })
  }
  const suffix = modulus === undefined ? '=' : ` mod ${modulus}=`
  const slipsOf = (prompt: Prompt) => {
    const source = random(`slips/${prompt.id}`)
    return () => source.next() < slips
  }
  return generatedTask({
    name: 'chainedArithmetic',
    alphabet: `0123456789-=;${operators.join('')}${suffix}`,
    share: options,
    draw(random: Random) {
      const operations = random.int(fewest, most)
      const operand = () => random.int(low, high)
      let chain = `${operand()}`
      for (let i = 0; i < operations; i++) chain += `${random.pick(operators)}${operand()}`
      return { text: chain + suffix, reference: solve(chain, modulus).value, meta: { operations } }
    },
    judge(answer, prompt) {
      const { steps } = solve(chainOf(promptText(prompt)), modulus)
      const written = answer.trim().split(';')
      const held = steps.filter((step, i) => written[i] === step).length
      const judgement = judgeNumber(answer, referenceText(prompt), /^(?:-?\d+[-+*]\d+=-?\d+;)*-?\d+$/)
      return { ...judgement, parts: { steps: held / steps.length } }
    },
    demonstration(prompt) {
      const { steps, value } = solve(chainOf(promptText(prompt)), modulus, slips === 0 ? undefined : slipsOf(prompt))
      return [...steps, value].join(';')
    },
  })
}

/** The chain at the head of a prompt. */
function chainOf(text: string): string {
  const chain = /^\d+(?:[-+*]\d+)+/.exec(text)?.[0]
  if (chain === undefined) throw new GuerdonError(`${JSON.stringify(text.slice(0, 80))} is no chain of this task`)
  return chain
}

/** The steps `a∘b=c` that a chain takes, products first, and its value; `slips` says of a difference below zero whether it is taken the wrong way round. */
function solve(
  chain: string,
  modulus: number | undefined,
  slips: () => boolean = () => false,
): { readonly steps: readonly string[]; readonly value: string } {
  const numbers = chain.split(/[-+*]/).map(Number)
  const operators = [...chain.replaceAll(/\d/g, '')]
  const steps: string[] = []
  while (operators.length > 0) {
    const at = Math.max(0, operators.indexOf('*'))
    const [left, right] = [numbers[at], numbers[at + 1]]
    const turned = operators[at] === '-' && left < right && slips()
    const result = reduced(turned ? right - left : apply(operators[at], left, right), modulus)
    steps.push(`${left}${operators[at]}${right}=${result}`)
    numbers.splice(at, 2, result)
    operators.splice(at, 1)
  }
  return { steps, value: `${numbers[0]}` }
}

function apply(operator: string, left: number, right: number): number {
  if (operator === '*') return left * right
  return operator === '+' ? left + right : left - right
}

function reduced(value: number, modulus: number | undefined): number {
  return modulus === undefined ? value : ((value % modulus) + modulus) % modulus
}
