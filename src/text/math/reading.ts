/** An answer as text into the one or two things it may mean. */
import { type Budget, newBudget, within } from './budget.ts'
import type { Expression } from './expression.ts'
import { LONGEST_FORMULA } from './lexer.ts'
import { parse } from './parse.ts'
import { tidy } from './tidy.ts'
import { readWords } from './words.ts'

export interface Reading {
  /** The answer without delimiters, spacing and final punctuation: two answers of one spelling are equal unread. */
  readonly spelling: string
  /** What it may mean; the first is the likeliest. Words, where it is no mathematics; nothing, where it is too large. */
  readonly meanings: () => readonly Expression[]
}

/** Reads an answer. What it means is found out when it is first asked for: equal spellings never ask. */
export function read(text: string): Reading {
  if (text.length > LONGEST_FORMULA) return { spelling: text.replace(/\s+/g, ''), meanings: () => [] }
  const bare = undressed(
    text.replace(FULL_WIDTH, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0)),
  ).replace(SQUARED_UNIT, (_, number, unit, power) => `${number} \\text{${unit}}^${power === '²' ? 2 : 3}`)
  let known: readonly Expression[] | undefined
  const meanings = (): readonly Expression[] => {
    known ??= within(() => meaningsOf(bare, newBudget())) ?? []
    return known
  }
  return { spelling: spell(bare), meanings }
}

/** Without what only sets an answer off from its surroundings: $...$, \(...\), \[...\], quotes, a full stop. */
function undressed(text: string): string {
  let bare = text.trim()
  for (let pass = 0; pass < 4; pass++) {
    const before = bare
    bare = withoutEnd(bare).replace(LEAD, '').replace(ASIDE, '')
    for (const [open, close] of DELIMITERS) {
      if (bare.length < open.length + close.length || !bare.startsWith(open) || !bare.endsWith(close)) continue
      const inner = bare.slice(open.length, bare.length - close.length)
      if (!inner.includes(open) && !inner.includes(close) && !inner.endsWith('\\')) bare = inner.trim()
    }
    if (bare === before) break
  }
  return bare
}

/** Cuts punctuation, spacing and line breaks off the end. An exclamation mark stays: it may be a factorial. */
function withoutEnd(text: string): string {
  let end = text.length
  while (end > 0) {
    if (end >= 4 && /\d\.\.\.$/.test(text.slice(end - 4, end))) break
    if (' .,;:?\n\t'.includes(text[end - 1]) && text[end - 2] !== '\\') end--
    else if (/\\[\\,;! ]/.test(text.slice(end - 2, end))) end -= 2
    else break
  }
  return text.slice(0, end)
}

/** The digits and the point of East Asian type. */
const FULL_WIDTH = /[\uff10-\uff19\uff0e]/g

/** 1,000.99m²: raised with a printed 2, a letter is a unit. */
const SQUARED_UNIT = /(\d) ?(mm|cm|km|m|ft|in)([²³])$/

/** A remark in brackets behind the answer. */
const ASIDE =
  /\s\((?:(?:i\.?e\.?|e\.?g\.?|or|approximately|approx|about|which|that|since|because|where|as|not|rounded|in|with)\b[^()]*|(?!sin|cos|tan|cot|sec|csc|log|exp|arc|sqrt)[a-z]{3,}(?: [a-z]+)*)\)$/i

/** Words that lead up to a number and say nothing about it. */
const LEAD =
  /^(?:(?:a|an|the|total|of|sum|only|just|equal to|approximately|about|roughly|exactly|around) +)+(?=[-\d$\\.(])/i

const DELIMITERS: readonly (readonly [string, string])[] = [
  ['$$', '$$'],
  ['$', '$'],
  ['\\(', '\\)'],
  ['\\[', '\\]'],
  ['**', '**'],
  ['`', '`'],
  ['"', '"'],
  ["'", "'"],
  ['“', '”'],
]

/** Spacing away, except between digits: 3 1/2 is not 31/2. */
function spell(bare: string): string {
  return bare
    .replace(/\\(?:left|right|displaystyle)(?![a-zA-Z])|\$/g, '')
    .replace(/(?:\\(?:[,;:! ]|quad(?![a-zA-Z]))|\s)+/g, ' ')
    .replace(/ (?!\d)|(?<!\d) /g, '')
    .replace(/\\[dt]frac/g, '\\frac')
    .replace(/…|\\(?:l|c)?dots(?![a-zA-Z])/g, '...')
}

const CHOICE = /^(?:(?:option|choice|answer)\s+)?(?:\(\s*([A-Ja-j])\s*\)|([A-J])\)|([A-J])[.:](?=\s))\s*(.*)$/is
const NAMED_CHOICE = /^(?:option|choice)\s+([A-J])$/i

/** All real numbers except 3. */
const ALL_BUT =
  /^(?:\\text\s*\{\s*)?all real (?:numbers|values)(?: of)?(?: \$?x\$?)?,? (?:except|other than|excluding|but|besides)(?: for)?\s*\}?\s*(?:\$?x\$? ?= ?)?(.+)$/is

function meaningsOf(text: string, budget: Budget): Expression[] {
  const bare = text
    .replace(ALL_BUT, '\\mathbb{R}\\setminus\\{$1\\}')
    .replace(DOTTED, (whole) => whole.replaceAll('.', ''))
  const choice = readChoice(bare, budget)
  if (choice !== undefined) return [choice]
  const money = asMoney(bare)
  const meanings = [meaningOf(money, budget, true)]
  if (GROUPS_OR_ITEMS.test(bare)) meanings.push(meaningOf(money, budget, false))
  const decimalComma = DECIMAL_COMMA.exec(bare)
  if (decimalComma !== null) {
    meanings.push(
      meaningOf(
        `${decimalComma[1]}${decimalComma[2].replaceAll('.', '')}.${decimalComma[3]}${decimalComma[4]}`,
        budget,
        false,
      ),
    )
  }
  return meanings
}

function meaningOf(text: string, budget: Budget, grouping: boolean): Expression {
  // Words are looked up before anything is read as a product of letters.
  const words = /^[a-zA-Z][a-zA-Z' -]*$/.test(text) ? readWords(text) : undefined
  if (words !== undefined && words.kind !== 'text') return words
  const whole = parse(text, budget, { grouping })
  return tidy(whole ?? labelled(text, budget, grouping) ?? { kind: 'text', text }, budget)
}

/** P(rain | wind) ≈ 0.3, where only the value can be read. */
function labelled(text: string, budget: Budget, grouping: boolean): Expression | undefined {
  const sign = /=|≈|\\approx/.exec(text)
  if (sign === null) return undefined
  const [label, value] = [text.slice(0, sign.index).trim(), text.slice(sign.index + sign[0].length)]
  if (label.length > 80 || !/[a-zA-Z]/.test(label) || /=|≈|\\approx/.test(value)) return undefined
  const read = parse(value, budget, { grouping })
  if (read === undefined || read.kind === 'text') return undefined
  const operators = [sign[0] === '=' ? ('=' as const) : ('~' as const)]
  return { kind: 'relation', operators, sides: [{ kind: 'text', text: label.replace(/\s+/g, ' ') }, read] }
}

/** 100,200 may be one number or two; not so where a group begins with a zero, as no number in a list does. */
const GROUPS_OR_ITEMS = /\d,[1-9]\d\d(?!\d)/
/** 1.234.567, which the same parts of the world write for 1234567. */
const DOTTED = /^[-+]?\s*\d{1,3}(?:\.\d{3}){2,}$/
/** 3,14 or 1.234,5, which much of the world writes for 3.14 and 1234.5. */
const DECIMAL_COMMA = /^([-+]?\s*)(\d{1,3}(?:\.\d{3})+|\d+),(\d{1,2}|\d{4,}|(?<=^[-+]?0,)\d+)(\s*%?)$/

function readChoice(bare: string, budget: Budget): Expression | undefined {
  const unwrapped = bare.replace(/^\\(?:text|textbf|mathrm|mathbf|mbox)\s*\{([^{}]*)\}/, '$1').trim()
  const named = NAMED_CHOICE.exec(unwrapped)
  if (named !== null) return { kind: 'choice', letter: named[1].toUpperCase() }
  const match = CHOICE.exec(unwrapped)
  if (match === null) return undefined
  const [, inBrackets, bracketed, stopped, rest] = match
  const letter = inBrackets ?? bracketed ?? stopped
  const content = rest.trim()
  if (content === '') return { kind: 'choice', letter: letter.toUpperCase() }
  // (a) + b and (a)(b) are formulae; a choice goes on with a space and no sign.
  if (
    /^(?:and|or)\b|^[-+*/^=<>!_(,&|]|^\\(?:cdot|times|cup|cap|le|ge|in)\b/.test(content) ||
    letter !== letter.toUpperCase()
  )
    return undefined
  return { kind: 'choice', letter: letter.toUpperCase(), content: meaningOf(content, budget, true) }
}

/** A dollar sign that opens no formula is money: $5, $3.50 or $4. */
function asMoney(bare: string): string {
  if (!bare.includes('$')) return bare
  if (/^-?(?:US|CA|AU|NZ|HK)\$/.test(bare)) return bare.replace(/^(-?)[A-Z]{2}\$/, '$1\\$')
  const signs = bare.match(/(?<!\\)\$/g)?.length ?? 0
  const paired =
    signs % 2 === 0 && !/(?<!\\)\$\s?\d[\d.,]*\s(?:[a-z,]+\s)*$/i.test(bare.slice(0, bare.lastIndexOf('$')))
  return paired ? bare : bare.replace(/(?<!\\)\$/g, '\\$')
}
