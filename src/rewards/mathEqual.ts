/** Whether the answer is mathematically the reference: numbers, formulae, sets, intervals, equations, units, choices, words. */
import type { Json } from '../data/message.ts'
import { scored, unscored } from '../data/score.ts'
import {
  compareAnswers,
  explainDifference,
  type MathAnswer,
  type MathOptions,
  readAnswer,
} from '../text/math/verify.ts'
import { defineReward, type Reward } from './reward.ts'

/**
 * 1 where the answer found in the completion equals the one in the reference, else 0, with what was read on both sides
 * and why they differ. The reference is a text (an answer, or a solution that ends in one) or a number. Bounded in work
 * whatever the answer says; an answer that is too much work is 0 and says so. Unscored only where the reference itself
 * cannot be read.
 */
export function mathEqual(options: MathOptions = {}): Reward {
  const read = rememberingReferences()
  return defineReward(
    'mathEqual',
    ({ prompt, completion }) => {
      const reference = read(prompt.reference)
      if (typeof reference === 'string') return unscored('reward', `prompt '${prompt.id}': ${reference}`)
      const answer = readAnswer(completion.text)
      const verdict = compareAnswers(answer, reference, options)
      if (verdict.equal)
        return scored(1, { feedback: `${found(answer)} equals the reference ${quoted(reference.text)}` })
      const cut = completion.finish === 'length' ? ' (the answer ran into the length limit)' : ''
      const why = explainDifference(answer, reference, verdict)
      if (answer.text === '') return scored(0, { feedback: `${why}${cut}; the reference is ${quoted(reference.text)}` })
      return scored(0, { feedback: `${found(answer)} is not the reference ${quoted(reference.text)}: ${why}${cut}` })
    },
    { range: [0, 1] },
  )
}

/** Reads references, each text once while a batch is about it; a string says why one cannot be read. */
function rememberingReferences(): (reference: Json | undefined) => MathAnswer | string {
  const known = new Map<string, MathAnswer | string>()
  return (reference) => {
    const text = textOfReference(reference)
    if (text === undefined) return 'the reference must be a text or a number'
    const there = known.get(text)
    if (there !== undefined) return there
    if (known.size >= 1000) known.clear()
    const answer = readAnswer(text)
    const unreadable = answer.text === '' || answer.reading.meanings().length === 0
    const read = unreadable ? `the reference ${quoted(text)} cannot be read as an answer` : answer
    known.set(text, read)
    return read
  }
}

/** Data sets also write a single reference as a list of one. */
function textOfReference(reference: Json | undefined): string | undefined {
  if (Array.isArray(reference)) return reference.length === 1 ? textOfReference(reference[0]) : undefined
  if (typeof reference === 'number' || typeof reference === 'boolean') return String(reference)
  return typeof reference === 'string' ? reference : undefined
}

const PLACES: Readonly<Record<MathAnswer['from'], string>> = {
  whole: '',
  boxed: ' (boxed)',
  tag: ' (in the answer tag)',
  marker: ' (after the marker)',
  phrase: ' (as it says)',
  formula: ' (the last formula)',
  bold: ' (in bold)',
  line: ' (in the last line)',
  number: ' (the last number)',
  nowhere: '',
}

function found(answer: MathAnswer): string {
  return `${quoted(answer.text)}${PLACES[answer.from]}`
}

const SHOWN = 120

function quoted(text: string): string {
  return JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)
}
