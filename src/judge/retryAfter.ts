/** How long a busy server asks to be left alone. */

/**
 * Seconds from a response's headers (lower-case names): `retry-after-ms`, else `retry-after` as seconds or as an HTTP
 * date (RFC 9110, 10.2.3), counted from the server's own `date` where it gives one. Undefined where it says nothing
 * that can be read.
 */
export function retryAfter(headers: Readonly<Record<string, string | undefined>>): number | undefined {
  const milliseconds = number(headers['retry-after-ms'])
  if (milliseconds !== undefined) return milliseconds / 1000
  const after = headers['retry-after']
  const seconds = number(after)
  if (seconds !== undefined || after === undefined) return seconds
  // Date.parse reads much that is no HTTP date; those end with GMT.
  const until = after.endsWith('GMT') ? Date.parse(after) : Number.NaN
  const now = Date.parse(headers.date ?? '')
  if (Number.isNaN(until)) return undefined
  return Math.max(0, (until - (Number.isNaN(now) ? Date.now() : now)) / 1000)
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined
}
