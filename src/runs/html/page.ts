/**
 * A report's page: one self-contained HTML file. Its own policy (CSP) lets it run the one script and use the one style
 * sheet it was written with and fetch nothing at all, so that not even a hole in the escaping could.
 */
import { createHash } from 'node:crypto'
import { styleSheet } from './style.ts'

/** Markup that is safe to put into a page: made by `html` alone, so that no text enters a page unescaped. */
export interface Markup {
  readonly markup: string
}

type Piece = string | number | false | Markup | readonly Piece[]

/** Markup from a template; every value that is not itself Markup is escaped. Lists are joined, false is nothing. */
export function html(template: TemplateStringsArray, ...values: readonly Piece[]): Markup {
  const pieces = template.map((text, i) => text + (i < values.length ? markupOf(values[i]) : ''))
  return { markup: pieces.join('') }
}

/** The whole page: `body`, then the script with its data. */
export function page(title: string, body: Markup, script: PageScript): string {
  const code = `${[...new Set(script.functions)].map(String).join('\n')}
const data = JSON.parse(document.getElementById('data').textContent)
${script.calls.join('\n')}
`
  const policy = `default-src 'none'; img-src data:; style-src '${digest(styleSheet)}'; script-src '${digest(code)}'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${markupOf(title)}</title>
<link rel="icon" href="data:,">
<style>${styleSheet}</style>
</head>
<body>
${body.markup}
<script type="application/json" id="data">${embeddable(script.data)}</script>
<script>${code}</script>
</body>
</html>
`
}

export interface PageScript {
  /** Functions written into the page by their source; each may use the others and nothing else. */
  readonly functions: readonly ((...values: never[]) => unknown)[]
  /** Statements to run, on `document` and `data`. */
  readonly calls: readonly string[]
  readonly data: object
}

function markupOf(piece: Piece): string {
  if (piece === false) return ''
  if (typeof piece === 'object') return 'markup' in piece ? piece.markup : piece.map(markupOf).join('')
  return String(piece).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** JSON that cannot end the script element it stands in, nor open a comment there. */
function embeddable(data: object): string {
  return JSON.stringify(data)
    .replace(/</g, '\\u003c')
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
}

function digest(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
