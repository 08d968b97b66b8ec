/** What stands between XML-like tags, the form in which reasoning models mark their answer. */

/**
 * The text of the last `<tag>...</tag>`, or of what follows the last `<tag>` that is never closed; undefined where the tag
 * is missing. Tags are matched literally, case and all.
 */
export function taggedText(text: string, tag: string): string | undefined {
  const open = `<${tag}>`
  const start = text.lastIndexOf(open)
  if (start < 0) return undefined
  const from = start + open.length
  const end = text.indexOf(`</${tag}>`, from)
  return end < 0 ? text.slice(from) : text.slice(from, end)
}
