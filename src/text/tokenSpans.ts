/**
 * Tokens as stretches of a text: what the metric tokenisers write and the n-gram counters read, so that no string is
 * made per token. A TokenSpans is working memory, filled again for each text.
 */

export interface TokenSpans {
  /** The text that the spans point into. */
  text: string
  /** Token k is text[starts[k], ends[k]), in UTF-16 code units. */
  starts: Int32Array
  ends: Int32Array
  count: number
}

/** Splits a text into tokens, written to `spans` over whatever was there. */
export type SpanTokeniser = (text: string, spans: TokenSpans) => void

/** Empty working memory. */
export function tokenSpans(): TokenSpans {
  return { text: '', starts: new Int32Array(256), ends: new Int32Array(256), count: 0 }
}

/** Empties `spans` for a text, with room for a token per code unit. */
export function beginSpans(spans: TokenSpans, text: string): void {
  spans.text = text
  spans.count = 0
  if (spans.starts.length >= text.length) return
  spans.starts = new Int32Array(2 * text.length)
  spans.ends = new Int32Array(2 * text.length)
}

/** The tokens as strings. */
export function spanTexts(tokenise: SpanTokeniser, text: string): string[] {
  const spans = tokenSpans()
  tokenise(text, spans)
  const tokens: string[] = []
  for (let k = 0; k < spans.count; k++) tokens.push(spans.text.slice(spans.starts[k], spans.ends[k]))
  return tokens
}
