/**
 * Strings as Python sees them, where a metric defined by a Python program depends on it: which characters are white
 * space (str.isspace: JavaScript's \s lacks U+001C-U+001F and U+0085 and has U+FEFF besides), strip and split, and
 * the rounding of printed decimals (half to even).
 */

/** Whether a UTF-16 code unit is white space to Python's str.strip and str.split. */
export function isPythonSpace(code: number): boolean {
  if (code < 0x85) return code === 0x20 || (code >= 9 && code <= 13) || (code >= 0x1c && code <= 0x1f)
  if (code === 0x85 || code === 0xa0) return true
  if (code < 0x1680) return false
  if (code >= 0x2000 && code <= 0x200a) return true
  return code === 0x1680 || code === 0x2028 || code === 0x2029 || code === 0x202f || code === 0x205f || code === 0x3000
}

/** str.rstrip(). */
export function pythonTrimEnd(text: string): string {
  let end = text.length
  while (end > 0 && isPythonSpace(text.charCodeAt(end - 1))) end--
  return end === text.length ? text : text.slice(0, end)
}

/** str.split(): the runs between white space. */
export function pythonSplit(text: string): string[] {
  const words: string[] = []
  let start = -1
  for (let i = 0; i <= text.length; i++) {
    const space = i === text.length || isPythonSpace(text.charCodeAt(i))
    if (space && start >= 0) {
      words.push(text.slice(start, i))
      start = -1
    } else if (!space && start < 0) start = i
  }
  return words
}

/** f'{value:.{digits}f}': like toFixed, but a value that lies exactly between two decimals goes to the even one. */
export function pythonFixed(value: number, digits: number): string {
  const scaled = value * 10 ** digits
  const tie = Number.isInteger(value * 2 ** (digits + 1)) && scaled - Math.floor(scaled) === 0.5
  return tie && Math.floor(scaled) % 2 === 0
    ? (Math.floor(scaled) / 10 ** digits).toFixed(digits)
    : value.toFixed(digits)
}
