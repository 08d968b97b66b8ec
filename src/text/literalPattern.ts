/** The source of a regular expression that matches this text literally (with or without the flag u). */
export function literalPattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}
