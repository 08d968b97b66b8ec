/** Formulae set off in running text: $...$, $$...$$, \(...\) and \[...\]. One pass, whatever the text. */

export interface Formula {
  readonly content: string
  /** Where its delimiters begin and end in the text. */
  readonly start: number
  readonly end: number
}

const DELIMITER = /\\\\|\\\$|\$\$|\$|\\\(|\\\)|\\\[|\\\]/g
const CLOSES: Readonly<Record<string, string>> = { $: '$', $$: '$$', '\\(': '\\)', '\\[': '\\]' }

/** The formulae of a text in order. A lone dollar sign (a price) opens none. */
export function formulasIn(text: string): Formula[] {
  const found: Formula[] = []
  let open: { sign: string; start: number; from: number } | undefined
  for (const match of text.matchAll(DELIMITER)) {
    const sign = match[0]
    const end = match.index + sign.length
    if (sign === '\\\\' || sign === '\\$') continue
    if (open !== undefined && CLOSES[open.sign] === sign) {
      const content = text.slice(open.from, match.index)
      if (isFormula(open.sign, content, text[end])) {
        found.push({ content: content.trim(), start: open.start, end })
        open = undefined
        continue
      }
    }
    if (CLOSES[sign] !== undefined) open = { sign, start: match.index, from: end }
  }
  return found
}

/** Between single dollars there is no line break and, unless LaTeX stands there, no space at the ends. */
function isFormula(sign: string, content: string, after: string | undefined): boolean {
  if (content.trim() === '') return false
  if (sign !== '$') return true
  if (content.includes('\n') || (after !== undefined && after >= '0' && after <= '9')) return false
  return content.includes('\\') || !/^\s|\s$/.test(content)
}
