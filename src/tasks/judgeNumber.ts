/** The verdict of tasks whose answer is one number. */
import { extractNumber, parseNumber, sameNumber } from '../text/number.ts'
import type { Judgement } from './generatedTask.ts'

/** Whether the number an answer ends in is the one expected, and the answer as a whole has the wanted form. */
export function judgeNumber(answer: string, expected: string, form: RegExp): Judgement {
  const found = extractNumber(answer)
  const wanted = parseNumber(expected)
  const right = found !== undefined && wanted !== undefined && sameNumber(found, wanted)
  const given = found === undefined ? 'no number' : `the number ${found.text.trim().slice(0, 40)}`
  return { right, wellFormed: form.test(answer.trim()), feedback: `expected ${expected}, found ${given}` }
}
