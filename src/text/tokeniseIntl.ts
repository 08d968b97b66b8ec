/**
 * The intl tokeniser (mteval-v14.pl --international-tokenization; sacreBLEU's "intl"): as 13a, with Unicode's classes
 * of punctuation (P), symbols (S) and numbers (N) in place of ASCII's, no entities, no padding. A year at the end of a
 * text keeps its full stop; so it does in mteval-v14, and the peers agree to keep it so.
 */

import { DIGIT, LETTER, SPACE, STOP, SYMBOL, scanPunctuation } from './punctuationSpans.ts'
import { isPythonSpace } from './pythonText.ts'
import { beginSpans, spanTexts, type TokenSpans } from './tokenSpans.ts'

/** The tokens of a text. Which characters are punctuation is a matter of the Unicode version that Node carries. */
export function tokeniseIntl(text: string): string[] {
  return spanTexts(spansIntl, text)
}

/** The same, as spans. */
export function spansIntl(text: string, spans: TokenSpans): void {
  beginSpans(spans, text)
  scanPunctuation(spans, kindsIntl)
}

function kindOf(point: number): number {
  const character = String.fromCodePoint(point)
  if (point < 0x10000 && isPythonSpace(point)) return SPACE
  if (/\p{N}/u.test(character)) return DIGIT
  if (/\p{P}/u.test(character)) return STOP
  return /\p{S}/u.test(character) ? SYMBOL : LETTER
}

// Kinds met so far, plus one; Unicode has 0x110000 code points.
const known = new Uint8Array(0x110000)

const kindsIntl = {
  ascii: Uint8Array.from({ length: 128 }, (_, code) => kindOf(code)),
  beyond: (point: number) => {
    const kind = known[point]
    return kind > 0 ? kind - 1 : (known[point] = kindOf(point) + 1) - 1
  },
  padded: false,
}
