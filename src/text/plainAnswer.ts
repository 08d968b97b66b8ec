/** Short answers in the form in which they are compared. */

/**
 * The text in lower case and Unicode's NFKC form, with single spaces inside, without white space at its ends, and without
 * punctuation at its end.
 */
export function plainAnswer(text: string): string {
  const tidy = text.normalize('NFKC').toLowerCase().replace(/\s+/g, ' ').trim()
  // A loop instead of an expression anchored at the end, which would try every start of a long run of marks.
  let end = tidy.length
  while (end > 0 && '.,;:!?。！？ '.includes(tidy[end - 1])) end--
  return tidy.slice(0, end)
}
