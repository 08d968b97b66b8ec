/** A run of plain letters into tokens: a function, a sign in words, a unit or another word, or variables side by side. */
import { BARE_STRUCTURES, FUNCTIONS, LETTERS, UNICODE_LETTERS, WORD_SIGNS } from './names.ts'
import { type Lexer, lettersAt, type Token, take } from './token.ts'
import { isKnownUnit } from './units.ts'

export function readLetters(lexer: Lexer): Token[] {
  const { text, at } = lexer
  const run = lettersAt(text, at)
  const word = foreignWord(text, at, run)
  if (word !== undefined) return take(lexer, 'word', word, word.length)
  if (run.length === 1) return take(lexer, 'symbol', run, 1)
  if (/^(?:percent|pct|percentage)$/i.test(run)) return take(lexer, 'sign', '%', run.length)
  // 1orW: a connective that lost its spaces.
  const glued = /^(?:or|and)(?=[A-Z]|$)/.exec(run)
  if (glued !== null) return take(lexer, 'sign', glued[0], glued[0].length)
  if (BARE_STRUCTURES.has(run) && text[at + run.length] !== '(') return take(lexer, 'structure', run, run.length)
  return signInWords(lexer, run) ?? functionName(lexer, run) ?? lettersOrWord(lexer, run)
}

/** A word in another alphabet or with an accent, which is no product of variables. */
function foreignWord(text: string, at: number, run: string): string | undefined {
  const end = at + run.length
  if (!(text.charCodeAt(end) > 191) || UNICODE_LETTERS.has(text[end])) return undefined
  return /^\p{L}/u.test(text.slice(end, end + 2)) ? /^[\p{L}'-]+/u.exec(text.slice(at))?.[0] : undefined
}

function signInWords(lexer: Lexer, run: string): Token[] | undefined {
  const sign = WORD_SIGNS.get(run) ?? (/^(?:AND|OR)$/.test(run) ? run.toLowerCase() : undefined)
  // 5 in is a length, x in (0, 1) is not.
  const before = lexer.tokens.at(-1)?.type
  const inches = sign === 'in' && (before === 'number' || before === 'word' || before === 'text')
  return sign === undefined || inches ? undefined : take(lexer, 'sign', sign, run.length)
}

function functionName(lexer: Lexer, run: string): Token[] | undefined {
  const known = FUNCTIONS.get(run)
  const behind = lexer.text.slice(lexer.at + run.length, lexer.at + run.length + 4)
  // min is a function before a bracket and a minute elsewhere.
  if (known === undefined || (run === 'min' && !/^\s*[({_]/.test(behind))) return undefined
  const taken = take(lexer, 'function', known, run.length)
  // log2(8), as programs write it.
  return known === 'log' && /^(?:2|10)\s?\(/.test(behind) ? [...taken, { type: 'sign', text: '_', gap: false }] : taken
}

function lettersOrWord(lexer: Lexer, run: string): Token[] {
  if (LETTERS.has(run) && run.length > 2) return take(lexer, 'symbol', LETTERS.get(run) ?? run, run.length)
  const prefix = functionPrefix(run)
  if (prefix !== undefined) return take(lexer, 'function', FUNCTIONS.get(prefix) ?? prefix, prefix.length)
  if (isWord(run, lexer.tokens.at(-1))) return take(lexer, 'word', run, run.length)
  // All letters at once: reading the rest of the run again could find words inside a product.
  return [...run].flatMap((letter) => take(lexer, 'symbol', letter, 1))
}

/** sinx, lnx, cosab: a function's name with one or two letters behind it. */
function functionPrefix(run: string): string | undefined {
  if (/^(?:sine|sing|sink|cost|cosy|logs|tang)$/.test(run)) return undefined
  return /^(?:sin|cos|tan|cot|sec|csc|ln|log|exp|sqrt)(?=[a-zA-Z]{1,2}$)/.exec(run)?.[0]
}

/** Two-letter words that are no product of two variables. */
const SHORT_WORDS = /^(?:is|of|no|at|if|so|an|as|by|it|we|on|to|be|am|pm|AM|PM|No|NO|km|kg|cm|mm|ft|sq|th|st|nd|rd)$/
/** Words without e, i, o or u. */
const CONSONANT_WORDS = /^(?:days?|and|that|has|was|any|max|may|man|cat)$/i

function isWord(run: string, before: Token | undefined): boolean {
  if (SHORT_WORDS.test(run)) return run !== 'pm' || before?.type === 'number'
  const unit = before?.type === 'number' && isKnownUnit(run)
  if (run.length === 2) return unit
  // Three or four letters: variables, unless there is a vowel that makes it a word or it is a unit behind a number.
  return run.length > 4 || unit || /[eiou]/i.test(run) || CONSONANT_WORDS.test(run)
}
