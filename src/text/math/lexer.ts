/** Mathematics as written, LaTeX, plain or Unicode, into tokens. One pass; an unknown sign ends the reading. */
import { type Budget, spend } from './budget.ts'
import { readCommand } from './latexCommand.ts'
import { readLetters } from './letterRun.ts'
import { SUBSCRIPTS, SUPERSCRIPTS, UNICODE, UNICODE_LETTERS, VULGAR_FRACTIONS } from './names.ts'
import { type NumeralOptions, readNumeral } from './numeral.ts'
import { braced, isDigit, isLetter, type Lexer, skip, type Token, take, UNREADABLE } from './token.ts'

/** The longest text read as mathematics, in UTF-16 code units. */
export const LONGEST_FORMULA = 4000

export function tokenize(text: string, options: NumeralOptions, budget: Budget): Token[] {
  if (text.length > LONGEST_FORMULA) throw UNREADABLE
  spend(budget, text.length / 16)
  const inner = (part: string): Token[] => tokenize(part, options, budget)
  const lexer: Lexer = { text, options, budget, inner, tokens: [], at: 0, gap: false, environments: 0 }
  while (lexer.at < text.length) lexer.tokens.push(...next(lexer))
  return lexer.tokens
}

function next(lexer: Lexer): Token[] {
  const { text, at } = lexer
  const c = text.charCodeAt(at)
  if (c === 32 || (c >= 9 && c <= 13) || c === 126) return skip(lexer, 1, true)
  if (isDigit(c) || (c === 46 && isDigit(text.charCodeAt(at + 1)))) return numeral(lexer)
  if (isLetter(c)) return readLetters(lexer)
  if (c === 92) return readCommand(lexer)
  return c < 128 ? punctuation(lexer) : unicode(lexer)
}

function numeral(lexer: Lexer): Token[] {
  const { text, at, gap } = lexer
  const { end, ...read } = readNumeral(text, at, lexer.options, lexer.budget)
  skip(lexer, end - at, false)
  return [{ type: 'number', text: text.slice(at, end), gap, ...read }]
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

function punctuation(lexer: Lexer): Token[] {
  const { text, at, tokens } = lexer
  const [one, two] = [text[at], text.slice(at, at + 2)]
  if (text.startsWith('...', at)) return take(lexer, 'sign', 'dots', 3)
  if (text.startsWith('+/-', at)) return take(lexer, 'sign', 'pm', 3)
  // +-2 is ±2, but x+-2 is x - 2.
  if (two === '+-' && isPrefix(tokens.at(-1))) return take(lexer, 'sign', 'pm', 2)
  const paired = PAIRED.get(two)
  // 5!=120 is a factorial and an equation when no space parts the two from the five.
  const factorial = two === '!=' && !lexer.gap && tokens.at(-1)?.type === 'number'
  if (paired !== undefined && !factorial) return take(lexer, 'sign', paired, 2)
  // A bare dollar sign sets a formula off; money was written \$ before.
  return '."`$'.includes(one) ? skip(lexer, 1) : take(lexer, 'sign', one, 1)
}

/** Whether a sign behind this token stands before a value and not between two. */
function isPrefix(before: Token | undefined): boolean {
  return before === undefined || (before.type === 'sign' && !')]}'.includes(before.text))
}

function unicode(lexer: Lexer): Token[] {
  const { text, at } = lexer
  const one = String.fromCodePoint(text.codePointAt(at) ?? 0)
  const sign = UNICODE.get(one)
  if (sign !== undefined) return sign === '.' ? skip(lexer, 1) : take(lexer, 'sign', sign, 1)
  const letter = UNICODE_LETTERS.get(one)
  if (letter !== undefined)
    return take(lexer, letter === 'angle' || letter === 'triangle' ? 'structure' : 'symbol', letter, 1)
  const operator = OPERATORS.get(one)
  if (operator !== undefined) return take(lexer, operator[0], operator[1], 1)
  const fraction = VULGAR_FRACTIONS.get(one)
  // 3½ is a mixed number like 3\frac12.
  if (fraction !== undefined)
    return [...take(lexer, 'structure', 'frac', 1), ...fraction.flatMap((part) => braced(...lexer.inner(String(part))))]
  if (SUPERSCRIPTS.includes(one)) return script(lexer, '^', SUPERSCRIPTS, '0123456789+-n')
  if (SUBSCRIPTS.includes(one)) return script(lexer, '_', SUBSCRIPTS, '0123456789')
  if (/^[\s\u200b-\u200f\u2060\ufeff]$/u.test(one)) return skip(lexer, 1, true)
  if ('“”„«»'.includes(one)) return skip(lexer, 1)
  if ('€£¥₹¢'.includes(one)) return take(lexer, 'sign', one, 1)
  if (!/^\p{L}/u.test(one)) throw UNREADABLE
  const word = /^[\p{L}\p{M}'-]+/u.exec(text.slice(at))?.[0] ?? one
  return take(lexer, 'word', word, word.length)
}

const OPERATORS: ReadonlyMap<string, readonly ['function' | 'structure', string]> = new Map([
  ['√', ['function', 'sqrt']],
  ['∛', ['function', 'cbrt']],
  ['∑', ['structure', 'sum']],
  ['∏', ['structure', 'prod']],
  ['∫', ['structure', 'int']],
])

/** x² and x₁ as x^{2} and x_{1}. */
function script(lexer: Lexer, sign: '^' | '_', from: string, to: string): Token[] {
  let run = ''
  let end = lexer.at
  for (; end < lexer.text.length && from.includes(lexer.text[end]); end++) run += to[from.indexOf(lexer.text[end])]
  return [...take(lexer, 'sign', sign, end - lexer.at), ...braced(...lexer.inner(run))]
}
