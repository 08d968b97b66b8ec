/** Progress on stderr: one line that is written over on a terminal, a plain line every few seconds elsewhere. */
import { stripVTControlCharacters } from 'node:util'

export interface Progress {
  /** The state of things; most calls are not shown. */
  show(line: string): void
  /** A line that stays. */
  note(line: string): void
  /** Ends the status line, its last state shown. */
  done(): void
}

/** Milliseconds between two lines. */
const pace = { terminal: 100, plain: 5000 }

export function progress(stream: NodeJS.WriteStream = process.stderr): Progress {
  return stream.isTTY ? statusLine(stream) : plainLines(stream)
}

function statusLine(stream: NodeJS.WriteStream): Progress {
  let shown = ''
  let last = Number.NEGATIVE_INFINITY
  const draw = (line: string) => {
    shown = line
    // A line that wraps could not be written over.
    stream.write(`\r\x1b[2K${stripVTControlCharacters(line).slice(0, (stream.columns || 80) - 1)}`)
  }
  return {
    show(line) {
      if (performance.now() - last < pace.terminal) {
        shown = line
        return
      }
      last = performance.now()
      draw(line)
    },
    note(line) {
      stream.write(`\r\x1b[2K${line}\n`)
      if (shown !== '') draw(shown)
    },
    done() {
      if (shown === '') return
      draw(shown)
      stream.write('\n')
      shown = ''
    },
  }
}

function plainLines(stream: NodeJS.WriteStream): Progress {
  let last = performance.now()
  return {
    show(line) {
      if (performance.now() - last < pace.plain) return
      last = performance.now()
      stream.write(`${line}\n`)
    },
    note: (line) => void stream.write(`${line}\n`),
    done: () => undefined,
  }
}

/** How long the rest will take, from what is done: 'eta 3 min', or '' where that cannot be told yet. */
export function eta(done: number, of: number, seconds: number): string {
  return done === 0 || done >= of ? '' : `eta ${duration((seconds / done) * (of - done))}`
}

/** 8.2 s, 3 min, 2 h 5 min. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  if (seconds < 100) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
