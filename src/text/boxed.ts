/** What stands in \boxed{...} and \fbox{...}, where models are taught to put their answer. */

export interface Boxed {
  readonly content: string
  /** Where the command begins and where its braces end. */
  readonly start: number
  readonly end: number
}

/** The longest content that is looked through for its closing brace. */
const LONGEST = 4_100

/**
 * The last box of a text that begins before `before`. Braces nest, escaped ones do not count; without braces the content is
 * the token that follows (\boxed 5). Where the closing brace is missing, the content ends with its line or formula.
 */
export function lastBoxed(text: string, before = text.length): Boxed | undefined {
  if (before <= 0) return undefined
  const start = Math.max(text.lastIndexOf('\\boxed', before - 1), text.lastIndexOf('\\fbox', before - 1))
  if (start < 0) return undefined
  let open = start + (text[start + 1] === 'b' ? 6 : 5)
  while (text[open] === ' ') open++
  if (text[open] !== '{') {
    const token = /^(?:\\[a-zA-Z]+|[^\s$]+)/.exec(text.slice(open, open + 100))?.[0] ?? ''
    return { start, end: open + token.length, content: token }
  }
  let depth = 0
  const limit = Math.min(text.length, open + LONGEST)
  for (let at = open; at < limit; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return { start, end: at + 1, content: text.slice(open + 1, at) }
  }
  const [line] = text.slice(open + 1, limit).split(/\n|(?<=.)\$|\\\]|\\\)/, 1)
  return { start, end: open + 1 + line.length, content: line }
}
