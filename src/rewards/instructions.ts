/**
 * Instructions whose following can be checked by rule: IFEval's ("Instruction-Following Evaluation for Large Language
 * Models", Zhou et al. 2023), under its names and arguments, so that its data can be used as it is.
 */
import { z } from 'zod'
import { GuerdonError, messageOf } from '../data/error.ts'
import type { Json, Sample } from '../data/message.ts'
import { scored, unscored } from '../data/score.ts'
import type { Check, CheckMaker, Outcome } from './instructions/check.ts'
import { formatChecks } from './instructions/formatChecks.ts'
import { keywordChecks } from './instructions/keywordChecks.ts'
import { languageChecks } from './instructions/languageChecks.ts'
import { lengthChecks } from './instructions/lengthChecks.ts'
import { wordingChecks } from './instructions/wordingChecks.ts'
import { defineReward, type Reward } from './reward.ts'

/** An instruction by its id, with its arguments beside it: { id: 'length_constraints:number_words', relation: 'at least', num_words: 100 }. */
export interface Instruction {
  readonly id: string
  readonly [argument: string]: Json
}

export interface InstructionsOptions {
  /** The instructions of every prompt. Without them each prompt's `reference` says its own. */
  readonly wanted?: readonly Instruction[]
  /** 'share' (the default): the share of instructions followed. 'all': 1 where all are, else 0. */
  readonly credit?: 'share' | 'all'
  /**
   * Forgives what surrounds an answer, as IFEval's loose accuracy does: an instruction is followed if it is without the
   * first line, the last line, the asterisks, or any of these together. Default false.
   */
  readonly loose?: boolean
}

/**
 * Whether the completion follows its instructions. A reference is a list of instructions, or IFEval's own row with
 * `instruction_id_list` and `kwargs`. Each check is a part named by its id, 1 or 0; the feedback says what failed and what
 * was found. An empty answer follows none. An unknown id or a wrong argument given here is a GuerdonError; one in a
 * reference makes its prompt Unscored.
 */
export function instructions(options: InstructionsOptions = {}): Reward {
  const { credit = 'share', loose = false } = options
  const fixed = options.wanted && checksOf(options.wanted)
  return defineReward(
    'instructions',
    async ({ prompt, completion }) => {
      const given = fixed ?? checksIn(prompt)
      if (typeof given === 'string') return unscored('reward', given)
      const texts = loose ? looseTexts(completion.text) : [completion.text]
      const parts: Record<string, number> = {}
      const failed: string[] = []
      for (const { name, check } of given) {
        const outcome = await firstFollowed(check, texts)
        parts[name] = outcome.followed ? 1 : 0
        if (!outcome.followed) failed.push(`${name}: ${outcome.found}`)
      }
      const share = 1 - failed.length / given.length
      const value = credit === 'share' ? share : Math.floor(share)
      return scored(value, { parts, ...(failed.length === 0 ? {} : { feedback: failed.join('\n') }) })
    },
    { range: [0, 1] },
  )
}

const makers: Readonly<Record<string, CheckMaker>> = {
  ...keywordChecks,
  ...lengthChecks,
  ...formatChecks,
  ...wordingChecks,
  ...languageChecks,
}

interface NamedCheck {
  readonly name: string
  readonly check: Check
}

function checksOf(list: readonly Instruction[]): NamedCheck[] {
  const taken = new Set<string>()
  return list.map(({ id, ...given }, i) => {
    const make = Object.hasOwn(makers, id) ? makers[id] : undefined
    if (make === undefined) {
      throw new GuerdonError(`there is no instruction '${id}'`, { fix: `use one of ${Object.keys(makers).join(', ')}` })
    }
    const name = taken.has(id) ? `${id}#${i + 1}` : id
    taken.add(name)
    // IFEval's rows carry every argument of every instruction, null where it is not this one's.
    const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null))
    try {
      return { name, check: make(present) }
    } catch (thrown) {
      const why = thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown)
      throw new GuerdonError(`the arguments of ${id} do not fit: ${why}`, { cause: thrown })
    }
  })
}

const instruction = z.object({ id: z.string() }).catchall(z.json())
const ifevalRow = z.object({
  instruction_id_list: z.array(z.string()),
  kwargs: z.array(z.record(z.string(), z.json()).nullable()),
})

/** The checks of a prompt, or why it has none. */
function checksIn(prompt: Sample['prompt']): NamedCheck[] | string {
  const row = ifevalRow.safeParse(prompt.reference)
  const list = row.success
    ? row.data.instruction_id_list.map((id, i) => ({ ...row.data.kwargs[i], id }))
    : z.array(instruction).safeParse(prompt.reference).data
  if (list === undefined || list.length === 0) return `prompt '${prompt.id}' has no instructions as its reference`
  try {
    return checksOf(list)
  } catch (thrown) {
    return `prompt '${prompt.id}': ${messageOf(thrown)}`
  }
}

async function firstFollowed(check: Check, texts: readonly string[]): Promise<Outcome> {
  let first: Outcome | undefined
  for (const text of texts) {
    const outcome = text.trim() === '' ? { followed: false, found: 'the answer is empty' } : await check(text)
    if (outcome.followed) return outcome
    first ??= outcome
  }
  return first ?? { followed: false, found: 'the answer is empty' }
}

function looseTexts(text: string): string[] {
  const lines = text.split('\n')
  const cut = [text, ...[lines.slice(1), lines.slice(0, -1), lines.slice(1, -1)].map((kept) => kept.join('\n').trim())]
  return [...cut, ...cut.map((each) => each.replaceAll('*', ''))]
}
