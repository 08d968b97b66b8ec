/** What a check of an instruction is, and the comparison with a count that many of them share. */
import { z } from 'zod'

/** Whether a text follows the instruction, and what was found in it. */
export interface Outcome {
  readonly followed: boolean
  /** For the feedback: '12 words, at least 100 wanted'. */
  readonly found: string
}

export type Check = (text: string) => Outcome | Promise<Outcome>

/** Makes a check from its arguments. Throws a ZodError where they do not fit. */
export type CheckMaker = (given: unknown) => Check

/** A check whose arguments have the given form. */
export function defineCheck<A>(
  form: z.ZodType<A>,
  follow: (text: string, given: A) => Outcome | Promise<Outcome>,
): CheckMaker {
  return (given) => {
    const parsed = form.parse(given)
    return (text) => follow(text, parsed)
  }
}

/** IFEval's relations ('less than', 'at least') and the three beside them. */
export const relation = z.enum(['less than', 'at least', 'at most', 'more than', 'exactly'])
export const count = z.number().int().min(0)

/** Compares a count with the one wanted. `what` names what was counted, in the plural. */
export function compared(actual: number, how: z.infer<typeof relation>, wanted: number, what: string): Outcome {
  const followed = {
    'less than': actual < wanted,
    'at least': actual >= wanted,
    'at most': actual <= wanted,
    'more than': actual > wanted,
    exactly: actual === wanted,
  }[how]
  return { followed, found: `${actual} ${what}, ${how} ${wanted} wanted` }
}

/** An outcome with a word for each case. */
export function either(followed: boolean, yes: string, no: string): Outcome {
  return { followed, found: followed ? yes : no }
}
