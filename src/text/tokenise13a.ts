/**
 * The 13a tokeniser: WMT's standard for BLEU (mteval-v13a.pl; sacreBLEU's default, Post 2018). Every token is equal to
 * what sacreBLEU's chain of regular expressions gives; tests hold the two together.
 */

import { DIGIT, HYPHEN, LETTER, SPACE, STOP, SYMBOL, scanPunctuation } from './punctuationSpans.ts'
import { isPythonSpace } from './pythonText.ts'
import { beginSpans, spanTexts, type TokenSpans } from './tokenSpans.ts'

/**
 * The tokens of a text: entities &quot; &amp; &lt; &gt; are resolved, `<skipped>` and a hyphen before a line end are
 * dropped, ASCII symbols stand alone, a period or comma is separated unless digits are on both sides of it, a hyphen is
 * separated after a digit. Case stays; other scripts are left whole between white space.
 */
export function tokenise13a(text: string): string[] {
  return spanTexts(spans13a, text)
}

/** The same, as spans. */
export function spans13a(text: string, spans: TokenSpans): void {
  let line = text
  if (line.includes('<skipped>')) line = line.replaceAll('<skipped>', '')
  if (line.includes('-\n')) line = line.replaceAll('-\n', '')
  if (line.includes('&')) {
    line = line.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
  }
  beginSpans(spans, line)
  scanPunctuation(spans, kinds13a)
}

const kinds13a = {
  ascii: Uint8Array.from({ length: 128 }, (_, code) => {
    const character = String.fromCharCode(code)
    if (isPythonSpace(code)) return SPACE
    if (/[0-9]/.test(character)) return DIGIT
    if (/[.,]/.test(character)) return STOP
    if (character === '-') return HYPHEN
    return /[{-~[-` -&(-+:-@/]/.test(character) ? SYMBOL : LETTER
  }),
  beyond: (code: number) => (isPythonSpace(code) ? SPACE : LETTER),
  padded: true,
}
