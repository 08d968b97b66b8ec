/**
 * The watchdog of a scoring process, a thread of its own: says on the control pipe when the scoring thread has been
 * stuck for longer than a piece may take, and ends the process when its server is gone.
 */
import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'
import type { Control } from './messages.ts'
import { glance } from './progress.ts'

export interface WatchdogStart {
  readonly shared: SharedArrayBuffer
  /** Milliseconds the event loop may stand still where no piece is known to block it. */
  readonly limitMs: number
  /** The control pipe. */
  readonly fd: number
}

const lookMs = 10
/** Of the time between two looks no more than this counts: a machine that slept meanwhile is no stuck reward. */
const gapMs = 1000

watch(workerData)

function watch({ shared, limitMs, fd }: WatchdogStart): void {
  const parent = process.ppid
  let last = glance(shared)
  let pieceSince = performance.now()
  let loopSince = performance.now()
  let looked = performance.now()
  setInterval(() => {
    if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL')
    const now = performance.now()
    const slept = Math.max(0, now - looked - gapMs)
    looked = now
    pieceSince += slept
    loopSince += slept
    const seen = glance(shared)
    if (seen.job === 0 || seen.job !== last.job || seen.turns !== last.turns) pieceSince = now
    if (seen.beats !== last.beats || seen.turns !== last.turns) loopSince = now
    last = seen
    const inPiece = seen.job !== 0 && now - pieceSince > seen.limitMs
    if (!inPiece && now - loopSince <= limitMs) return
    // Said once for each time it is stuck that long.
    pieceSince = now
    loopSince = now
    const where = inPiece ? { ms: seen.limitMs, job: seen.job, piece: seen.piece } : { ms: limitMs }
    const control: Control = { kind: 'stuck', ...where }
    writeSync(fd, `${JSON.stringify(control)}\n`)
  }, lookMs)
}
