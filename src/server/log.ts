/** Structured logs: one JSON object a line, `time`, `level` and `event` first. */

export type Level = 'info' | 'warn' | 'error'

export type Log = (level: Level, event: string, fields?: Readonly<Record<string, unknown>>) => void

/** Of one event at most this many lines a second; the next one after that says how many were left out. */
const linesASecond = 10

/** @param write is given whole lines */
export function jsonLog(write: (line: string) => void): Log {
  const events = new Map<string, { since: number; lines: number; left: number }>()
  return (level, event, fields = {}) => {
    const now = performance.now()
    const count = events.get(event) ?? { since: now, lines: 0, left: 0 }
    events.set(event, count)
    if (now - count.since >= 1000) {
      count.since = now
      count.lines = 0
    }
    if (count.lines++ >= linesASecond) {
      count.left++
      return
    }
    const more = count.left === 0 ? {} : { leftOut: count.left }
    count.left = 0
    write(`${JSON.stringify({ time: new Date().toISOString(), level, event, ...fields, ...more })}\n`)
  }
}
