/** Mathematics as written, LaTeX, plain or Unicode, into tokens. One pass; unknown signs end the reading. */
import { type Budget, spend } from './budget.ts'
import {
  BARE_STRUCTURES,
  FUNCTIONS,
  IGNORED,
  LETTERS,
  SIGNS,
  STRUCTURES,
  SUBSCRIPTS,
  SUPERSCRIPTS,
  TEXTUAL,
  UNICODE,
  UNICODE_LETTERS,
  VULGAR_FRACTIONS,
  WORD_SIGNS,
} from './names.ts'
import { type NumeralOptions, readNumeral } from './numeral.ts'
import type { Rational } from './rational.ts'
import { isKnownUnit } from './units.ts'

export type Token =
  | {
      readonly type: 'number'
      readonly text: string
      readonly gap: boolean
      readonly value: Rational
      readonly digits?: number
      readonly places?: number
    }
  /** symbol: a variable. function: sin, log. structure: \frac and others with a grammar. sign: operators, brackets, separators. word, text: language. */
  | {
      readonly type: 'symbol' | 'function' | 'structure' | 'sign' | 'word' | 'text'
      readonly text: string
      readonly gap: boolean
    }

/** Thrown where a text is no mathematics this reader knows. One object: nobody reads where it was thrown. */
export class Unreadable extends Error {}
export const UNREADABLE = new Unreadable('not readable as mathematics')

/** The longest text read as mathematics, in UTF-16 code units. */
export const LONGEST_FORMULA = 4000

interface Lexer {
  readonly text: string
  readonly options: NumeralOptions
  readonly budget: Budget
  readonly tokens: Token[]
  at: number
  gap: boolean
  /** How many \begin are open: inside, \\ ends a row. */
  environments: number
}

export function tokenize(text: string, options: NumeralOptions, budget: Budget): Token[] {
  if (text.length > LONGEST_FORMULA) throw UNREADABLE
  spend(budget, text.length / 16)
  const lexer: Lexer = { text, options, budget, tokens: [], at: 0, gap: false, environments: 0 }
  while (lexer.at < text.length) next(lexer)
  return lexer.tokens
}

function next(lexer: Lexer): undefined {
  const { text, at } = lexer
  const c = text.charCodeAt(at)
  if (c === 32 || (c >= 9 && c <= 13) || c === 126) {
    lexer.gap = true
    lexer.at++
  } else if (isDigit(c) || (c === 46 && isDigit(text.charCodeAt(at + 1)))) numeral(lexer)
  else if (isLetter(c)) letters(lexer)
  else if (c === 92) command(lexer)
  else if (c < 128) punctuation(lexer)
  else unicode(lexer)
}

function push(lexer: Lexer, type: Exclude<Token['type'], 'number'>, text: string, length: number): undefined {
  lexer.tokens.push({ type, text, gap: lexer.gap })
  lexer.gap = false
  lexer.at += length
}

function numeral(lexer: Lexer): undefined {
  const { end, ...read } = readNumeral(lexer.text, lexer.at, lexer.options, lexer.budget)
  lexer.tokens.push({ type: 'number', text: lexer.text.slice(lexer.at, end), gap: lexer.gap, ...read })
  lexer.gap = false
  lexer.at = end
}

const PAIRED = new Map([
  ['<=', '<='],
  ['>=', '>='],
  ['=<', '<='],
  ['!=', '!='],
  ['==', '='],
  ['**', '^'],
  ['->', 'to'],
  ['=>', 'so'],
  ['<>', '!='],
  ['~=', '~'],
])

function punctuation(lexer: Lexer): undefined {
  const { text, at } = lexer
  const two = text.slice(at, at + 2)
  if (text.startsWith('...', at)) return push(lexer, 'sign', 'dots', 3)
  if (text.startsWith('+/-', at)) return push(lexer, 'sign', 'pm', 3)
  // +-2 is ±2, but x+-2 is x - 2.
  if (two === '+-' && isPrefix(lexer.tokens.at(-1))) return push(lexer, 'sign', 'pm', 2)
  const paired = PAIRED.get(two)
  // 5!=120 is a factorial and an equation when no space parts the two from the five.
  if (paired !== undefined && !(two === '!=' && !lexer.gap && lexer.tokens.at(-1)?.type === 'number')) {
    return push(lexer, 'sign', paired, 2)
  }
  const one = text[at]
  if (one === '.' || one === '"' || one === '`') lexer.at++
  else if (one === '$') lexer.at++
  else push(lexer, 'sign', one, 1)
}

/** Whether a sign behind this token stands before a value and not between two. */
function isPrefix(before: Token | undefined): boolean {
  return before === undefined || (before.type === 'sign' && !')]}'.includes(before.text))
}

function command(lexer: Lexer): undefined {
  const { text, at } = lexer
  const c = text.charCodeAt(at + 1)
  if (!isLetter(c)) return controlSign(lexer)
  const name = readName(text, at + 1)
  const length = name.length + 1
  const sign = SIGNS.get(name)
  if (sign !== undefined) return push(lexer, 'sign', sign, length)
  if (TEXTUAL.has(name)) return textual(lexer, length)
  if (IGNORED.has(name)) {
    lexer.at += length
    lexer.gap = false
    // \left. and \right. are brackets that are not there.
    if ((name === 'left' || name === 'right') && text[lexer.at] === '.') lexer.at++
    return
  }
  const spacing = /^q?quad(?=.)/.exec(name)
  if (spacing !== null) {
    lexer.at += spacing[0].length + 1
    return
  }
  if (STRUCTURES.has(name)) {
    if (name === 'begin') lexer.environments++
    if (name === 'end') lexer.environments--
    return push(lexer, 'structure', name, length)
  }
  const known = FUNCTIONS.get(name)
  if (known !== undefined) return push(lexer, 'function', known, length)
  push(lexer, 'symbol', LETTERS.get(name) ?? `\\${name}`, length)
}

/** A backslash before something that is no letter: \{ \% \, \\ and the like. */
function controlSign(lexer: Lexer): undefined {
  const { text, at } = lexer
  const one = text[at + 1]
  if (one === '\\') {
    const name = isLetter(text.charCodeAt(at + 2)) ? readName(text, at + 2) : ''
    const doubled = lexer.environments === 0 && isCommand(name)
    // A text that was escaped once too often: \\frac for \frac.
    if (doubled) lexer.at++
    else push(lexer, 'sign', 'newline', 2)
  } else if (one === '{' || one === '}') push(lexer, 'sign', `\\${one}`, 2)
  else if (one === '|') push(lexer, 'sign', '|', 2)
  else if (one === '$' || one === '%' || one === '_' || one === '#') push(lexer, 'sign', one, 2)
  else if (one === '&') push(lexer, 'sign', 'and', 2)
  else {
    // Spacing: \, \; \! \: and a backslash before a space. It also parts words: 5\ cm.
    lexer.gap = true
    lexer.at += one === undefined ? 1 : ',;!:> ()[]'.includes(one) ? 2 : 1
  }
}

/** \text{...} and its kind: a function's name, a letter, or words. */
function textual(lexer: Lexer, length: number): undefined {
  const { text } = lexer
  const open = skipSpaces(text, lexer.at + length)
  if (text[open] !== '{') {
    lexer.at += length
    return
  }
  let depth = 0
  let close = open
  for (; close < text.length; close++) {
    if (text[close] === '\\') close++
    else if (text[close] === '{') depth++
    else if (text[close] === '}' && --depth === 0) break
  }
  const content = text.slice(open + 1, close)
  const consumed = Math.min(close + 1, text.length) - lexer.at
  const name = content.replace(/\\[ ,;:!]|~/g, ' ').trim()
  const known = name === 'min' && !lexer.text.startsWith('\\operatorname', lexer.at) ? undefined : FUNCTIONS.get(name)
  const sign =
    WORD_SIGNS.get(name.toLowerCase().replace(/^[,;]\s*/, '')) ?? (name === ',' || name === ';' ? name : undefined)
  // One letter in upright type is a constant or a variable, or a unit behind a number.
  const isLetterName = /^[A-Za-z]$/.test(name)
  const behindNumber = lexer.tokens.at(-1)?.type === 'number' && name !== 'e' && name !== 'i'
  if (known !== undefined) push(lexer, 'function', known, consumed)
  else if (/\d/.test(name) && !/[A-Za-z]{2,}/.test(name)) {
    // \text{13}: a number set as text is a number.
    push(lexer, 'sign', '{', consumed)
    lexer.tokens.push(...tokenize(name, lexer.options, lexer.budget), { type: 'sign', text: '}', gap: false })
  } else if (isLetterName && !behindNumber) push(lexer, 'symbol', name, consumed)
  else if (sign !== undefined) push(lexer, 'sign', sign, consumed)
  else if (/^(?:percent|pct|per cent)$/i.test(name)) push(lexer, 'sign', '%', consumed)
  else if (name === '') {
    lexer.at += consumed
    lexer.gap = true
  } else push(lexer, 'text', name, consumed)
}

/** A run of plain letters: a function, a sign in words, a unit or other word, or variables side by side. */
function letters(lexer: Lexer): undefined {
  const { text, at } = lexer
  const run = readName(text, at)
  const after = text.charCodeAt(at + run.length)
  // A word in another alphabet or with an accent is no product of variables.
  if (
    after > 191 &&
    /^\p{L}/u.test(text.slice(at + run.length, at + run.length + 2)) &&
    !UNICODE_LETTERS.has(text[at + run.length])
  ) {
    const word = /^[\p{L}'-]+/u.exec(text.slice(at))?.[0] ?? run
    return push(lexer, 'word', word, word.length)
  }
  if (run.length === 1) return push(lexer, 'symbol', run, 1)
  if (/^(?:percent|pct|percentage)$/i.test(run)) return push(lexer, 'sign', '%', run.length)
  // 1orW: a connective that lost its spaces.
  const glued = /^(?:or|and)(?=[A-Z]|$)/.exec(run)
  if (glued !== null) return push(lexer, 'sign', glued[0], glued[0].length)
  if (BARE_STRUCTURES.has(run) && text[at + run.length] !== '(') return push(lexer, 'structure', run, run.length)
  const sign = WORD_SIGNS.get(run) ?? (/^(?:AND|OR)$/.test(run) ? run.toLowerCase() : undefined)
  // 5 in is a length, x in (0, 1) is not.
  const before = lexer.tokens.at(-1)?.type
  const inches = sign === 'in' && (before === 'number' || before === 'word' || before === 'text')
  if (sign !== undefined && !inches) return push(lexer, 'sign', sign, run.length)
  const known = FUNCTIONS.get(run)
  // min is a function before a bracket and a minute elsewhere.
  const minutes = run === 'min' && !/^\s*[({_]/.test(text.slice(at + 3, at + 6))
  if (known !== undefined && !minutes) {
    push(lexer, 'function', known, run.length)
    // log2(8), as programs write it.
    const base = known === 'log' ? /^(?:2|10)(?=\s?\()/.exec(text.slice(lexer.at, lexer.at + 4)) : null
    if (base !== null) push(lexer, 'sign', '_', 0)
    return
  }
  if (LETTERS.has(run) && run.length > 2) return push(lexer, 'symbol', LETTERS.get(run) ?? run, run.length)
  const prefix = functionPrefix(run)
  if (prefix !== undefined) return push(lexer, 'function', FUNCTIONS.get(prefix) ?? prefix, prefix.length)
  if (isWord(run, lexer.tokens.at(-1))) return push(lexer, 'word', run, run.length)
  push(lexer, 'symbol', run[0], 1)
  // The rest of the run is read as single variables: reading it again could find words inside a product.
  for (const letter of run.slice(1)) push(lexer, 'symbol', letter, 1)
}

/** sinx, lnx, cosab: a function's name with one or two letters behind it. */
function functionPrefix(run: string): string | undefined {
  for (let size = run.length - 1; size >= 2 && size >= run.length - 2; size--) {
    const name = run.slice(0, size)
    if (/^(?:sin|cos|tan|cot|sec|csc|ln|log|exp|sqrt)$/.test(name) && !isEnglish(run)) return name
  }
  return undefined
}

const isEnglish = (run: string): boolean => /^(?:sine|sing|sink|tank|cost|cosy|logs|tang)$/.test(run)

/** Two-letter words that are no product of two variables. */
const SHORT_WORDS = /^(?:is|of|no|at|if|so|an|as|by|it|we|on|to|be|am|pm|AM|PM|No|NO|km|kg|cm|mm|ft|sq|th|st|nd|rd)$/

function isWord(run: string, before: Token | undefined): boolean {
  if (SHORT_WORDS.test(run)) return run !== 'pm' || before?.type === 'number'
  if (run.length === 2) return before?.type === 'number' && isKnownUnit(run)
  if (run.length > 4) return true
  // Three or four letters: variables, unless there is a vowel that makes it a word or it is a unit behind a number.
  return (
    /[eiouEIOU]/.test(run) ||
    /^(?:day|days|and|Bart|that|Max|May|man|cat|any|day|was|has)$/.test(run) ||
    (before?.type === 'number' && isKnownUnit(run))
  )
}

function unicode(lexer: Lexer): undefined {
  const { text, at } = lexer
  const point = text.codePointAt(at) ?? 0
  const one = String.fromCodePoint(point)
  const sign = UNICODE.get(one)
  if (sign !== undefined) {
    if (sign === '.') lexer.at++
    else push(lexer, 'sign', sign, 1)
    return
  }
  const letter = UNICODE_LETTERS.get(one)
  if (letter !== undefined) {
    if (letter === 'angle' || letter === 'triangle') push(lexer, 'structure', letter, 1)
    else push(lexer, 'symbol', letter, 1)
    return
  }
  if (one === '√' || one === '∛') return push(lexer, 'function', one === '√' ? 'sqrt' : 'cbrt', 1)
  if (one === '∑' || one === '∏' || one === '∫')
    return push(lexer, 'structure', one === '∑' ? 'sum' : one === '∏' ? 'prod' : 'int', 1)
  const fraction = VULGAR_FRACTIONS.get(one)
  if (fraction !== undefined) return vulgar(lexer, fraction)
  if (SUPERSCRIPTS.includes(one)) return script(lexer, '^', SUPERSCRIPTS, '0123456789+-n')
  if (SUBSCRIPTS.includes(one)) return script(lexer, '_', SUBSCRIPTS, '0123456789')
  if (/^[\s\u200b-\u200f\u2060\ufeff]$/u.test(one)) {
    lexer.gap = true
    lexer.at++
    return
  }
  if ('“”„«»'.includes(one)) lexer.at++
  else if ('€£¥₹¢'.includes(one)) push(lexer, 'sign', one, 1)
  else if (/^\p{L}/u.test(one)) {
    const word = /^[\p{L}\p{M}'-]+/u.exec(text.slice(at))?.[0] ?? one
    push(lexer, 'word', word, word.length)
  } else throw UNREADABLE
}

/** ½ as the structure it stands for, so that 3½ is a mixed number like 3\frac12. */
function vulgar(lexer: Lexer, [top, bottom]: readonly [number, number]): undefined {
  push(lexer, 'structure', 'frac', 1)
  for (const part of [top, bottom]) {
    push(lexer, 'sign', '{', 0)
    lexer.tokens.push({ type: 'number', text: String(part), gap: false, value: { n: BigInt(part), d: 1n } })
    push(lexer, 'sign', '}', 0)
  }
}

/** x² and x₁ as x^{2} and x_{1}. */
function script(lexer: Lexer, sign: '^' | '_', from: string, to: string): undefined {
  push(lexer, 'sign', sign, 0)
  push(lexer, 'sign', '{', 0)
  let run = ''
  while (lexer.at < lexer.text.length && from.includes(lexer.text[lexer.at])) {
    run += to[from.indexOf(lexer.text[lexer.at])]
    lexer.at++
  }
  lexer.tokens.push(...tokenize(run, lexer.options, lexer.budget))
  push(lexer, 'sign', '}', 0)
}

function isCommand(name: string): boolean {
  return (
    SIGNS.has(name) ||
    TEXTUAL.has(name) ||
    IGNORED.has(name) ||
    STRUCTURES.has(name) ||
    FUNCTIONS.has(name) ||
    LETTERS.has(name)
  )
}

function readName(text: string, start: number): string {
  let end = start
  while (isLetter(text.charCodeAt(end))) end++
  return text.slice(start, end)
}

function skipSpaces(text: string, start: number): number {
  let at = start
  while (text[at] === ' ') at++
  return at
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57
}

function isLetter(c: number): boolean {
  return (c >= 65 && c <= 90) || (c >= 97 && c <= 122)
}
