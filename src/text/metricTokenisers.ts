/** The tokenisers that BLEU can be told to use, by sacreBLEU's names for them. */
import { isPythonSpace } from './pythonText.ts'
import { spans13a } from './tokenise13a.ts'
import { spansIntl } from './tokeniseIntl.ts'
import { beginSpans, type SpanTokeniser, spanTexts, type TokenSpans } from './tokenSpans.ts'

/**
 * '13a' for European languages (the default everywhere), 'intl' for any language that puts spaces between words,
 * 'char' for Chinese, Japanese and others that do not, 'none' for text that is tokenised already.
 */
export type MetricTokeniser = '13a' | 'intl' | 'char' | 'none'

export const spanTokenisers: Readonly<Record<MetricTokeniser, SpanTokeniser>> = {
  '13a': spans13a,
  intl: spansIntl,
  char: spansOfCharacters,
  none: spansOfWords,
}

/** The tokens of a text under the named tokeniser. */
export function metricTokens(text: string, tokeniser: MetricTokeniser): string[] {
  return spanTexts(spanTokenisers[tokeniser], text)
}

/** One token for each code point that is not white space. */
function spansOfCharacters(text: string, spans: TokenSpans): void {
  beginSpans(spans, text)
  let count = 0
  for (let i = 0; i < text.length; ) {
    const point = text.codePointAt(i) ?? 0
    const width = point > 0xffff ? 2 : 1
    if (width === 2 || !isPythonSpace(point)) {
      spans.starts[count] = i
      spans.ends[count++] = i + width
    }
    i += width
  }
  spans.count = count
}

/** The runs between white space. */
export function spansOfWords(text: string, spans: TokenSpans): void {
  beginSpans(spans, text)
  let count = 0
  let open = -1
  for (let i = 0; i <= text.length; i++) {
    const space = i === text.length || isPythonSpace(text.charCodeAt(i))
    if (!space && open < 0) open = i
    else if (space && open >= 0) {
      spans.starts[count] = open
      spans.ends[count++] = i
      open = -1
    }
  }
  spans.count = count
}
