/** LaTeX commands into tokens: \frac, \le, \text{...}, \{, \, and the rest. */
import { FUNCTIONS, IGNORED, LETTERS, SIGNS, STRUCTURES, TEXTUAL, WORD_SIGNS } from './names.ts'
import { braced, isLetter, type Lexer, lettersAt, skip, type Token, take } from './token.ts'
import { isKnownUnit } from './units.ts'

export function readCommand(lexer: Lexer): Token[] {
  const { text, at } = lexer
  if (!isLetter(text.charCodeAt(at + 1))) return controlSign(lexer)
  const name = lettersAt(text, at + 1)
  const length = name.length + 1
  const sign = SIGNS.get(name)
  if (sign !== undefined) return take(lexer, 'sign', sign, length)
  if (TEXTUAL.has(name)) return textual(lexer, length)
  if (IGNORED.has(name)) {
    // \left. and \right. are brackets that are not there.
    const absent = (name === 'left' || name === 'right') && text[at + length] === '.'
    return skip(lexer, length + (absent ? 1 : 0), false)
  }
  // \quadx, where the space behind the command was lost.
  const spacing = /^q?quad(?=.)/.exec(name)
  if (spacing !== null) return skip(lexer, spacing[0].length + 1)
  if (STRUCTURES.has(name)) {
    if (name === 'begin') lexer.environments++
    if (name === 'end') lexer.environments--
    return take(lexer, 'structure', name, length)
  }
  const known = FUNCTIONS.get(name)
  if (known !== undefined) return take(lexer, 'function', known, length)
  return take(lexer, 'symbol', LETTERS.get(name) ?? `\\${name}`, length)
}

/** A backslash before something that is no letter. */
function controlSign(lexer: Lexer): Token[] {
  const { text, at } = lexer
  const one = text[at + 1]
  if (one === undefined) return skip(lexer, 1)
  if (one === '\\') {
    const name = lettersAt(text, at + 2)
    // A text that was escaped once too often: \\frac for \frac.
    const doubled = lexer.environments === 0 && isCommand(name)
    return doubled ? skip(lexer, 1) : take(lexer, 'sign', 'newline', 2)
  }
  if (one === '{' || one === '}') return take(lexer, 'sign', `\\${one}`, 2)
  if ('|$%_#'.includes(one)) return take(lexer, 'sign', one, 2)
  if (one === '&') return take(lexer, 'sign', 'and', 2)
  // Spacing: \, \; \! \: and a backslash before a space. It also parts words: 5\ cm.
  return skip(lexer, ',;!:> ()[]'.includes(one) ? 2 : 1, true)
}

function isCommand(name: string): boolean {
  return [SIGNS, TEXTUAL, IGNORED, STRUCTURES, FUNCTIONS, LETTERS].some((names) => names.has(name))
}

/** \text{...} and its kind: a function's name, a number, a letter, a connective, or words. */
function textual(lexer: Lexer, length: number): Token[] {
  const { text, at } = lexer
  let open = at + length
  while (text[open] === ' ') open++
  if (text[open] !== '{') return skip(lexer, length)
  const close = closingBrace(text, open)
  const consumed = Math.min(close + 1, text.length) - at
  const name = text
    .slice(open + 1, close)
    .replace(/\\[ ,;:!]|~/g, ' ')
    .trim()
  if (name === '') return skip(lexer, consumed, true)
  // \text{min} is a minute, \operatorname{min} a function.
  const known = name === 'min' && !text.startsWith('\\operatorname', at) ? undefined : FUNCTIONS.get(name)
  if (known !== undefined) return take(lexer, 'function', known, consumed)
  // \text{13}: a number set as text is a number.
  if (/\d/.test(name) && !/[A-Za-z]{2,}/.test(name)) {
    skip(lexer, consumed, false)
    return braced(...lexer.inner(name))
  }
  // \text{5 cm} is a quantity, \text{I and III} a list.
  if (QUANTITY.test(name) || SEVERAL.test(name)) {
    skip(lexer, consumed, false)
    return lexer.inner(name)
  }
  // One letter in upright type is a constant or a variable, or a unit behind a number or a power of ten.
  const before = lexer.tokens.at(-1)
  const raised = before?.text === '}' && /^\s|^[A-Z]$/.test(text.slice(open + 1, close)) && isKnownUnit(name)
  const unit = (before?.type === 'number' || raised) && name !== 'e' && name !== 'i'
  if (/^[A-Za-z]$/.test(name) && !unit) return take(lexer, 'symbol', name, consumed)
  if (name === ',' || name === ';') return take(lexer, 'sign', name, consumed)
  if (/^(?:percent|pct|per cent)$/i.test(name)) return take(lexer, 'sign', '%', consumed)
  const connective = WORD_SIGNS.get(name.toLowerCase().replace(/^[,;]\s*/, ''))
  return connective === undefined ? take(lexer, 'text', name, consumed) : take(lexer, 'sign', connective, consumed)
}

/** A number with its unit. */
const QUANTITY = /^-?\d[\d.,]*\s+[a-zA-Z][a-zA-Z/^\d ]*$/
/** Letters or Roman numerals, several. */
const SEVERAL = /^(?:[A-Z]|[IVX]{1,4})(?:(?:, ?| and |, and | or | & )(?:[A-Z]|[IVX]{1,4}))+$/

/** Where the brace at `open` is closed; the end where it is not. */
function closingBrace(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  return text.length
}
