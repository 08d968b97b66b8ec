/** One scoring process seen from the server: started, given jobs, killed. */
import { type ChildProcess, spawn } from 'node:child_process'
import { Socket } from 'node:net'
import { extname } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../data/error.ts'
import { frameReader, Kind } from '../sandbox/frames.ts'
import {
  type AnswerHead,
  type Control,
  decodeMessage,
  type Introduction,
  type JobHead,
  longestPayload,
  messageWriter,
} from './messages.ts'
import type { ScorerStart } from './scorer.ts'

export interface ProcessListener {
  ready(introduction: Introduction): void
  answer(head: AnswerHead, body: Buffer): void
  control(control: Control): void
  /** Nothing more comes. */
  ended(cause: EndCause, reason: string): void
}

/** It could not load the reward; it was ended by its server; by a signal from elsewhere; or by what it ran. */
export type EndCause = 'unfit' | 'ended' | 'killed' | 'died'

export interface ScoringProcess {
  readonly pid: number | undefined
  send(job: JobHead, body: Uint8Array): void
  /** Nobody waits for this job any more. */
  cancel(id: number): void
  /** Ends it at once. */
  kill(reason: string): void
}

export interface ProcessOptions {
  readonly start: ScorerStart
  /** Heap in megabytes. */
  readonly memoryMb: number
  /** Milliseconds for loading the reward. */
  readonly startMs: number
}

// The same file runs from source and from a build: its neighbour has the same extension.
const entry = fileURLToPath(new URL(`./scorer${extname(import.meta.url)}`, import.meta.url))

/** Of this process's own flags those that say how modules are found; others (--eval, --test, --inspect) are its alone. */
const handedOn = /^--(?:conditions|disable-warning|import|require)=|^--(?:no-warnings|enable-source-maps)$/

/** They end by themselves when their pipe closes, but not from inside a loop. */
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

export function scoringProcess(options: ProcessOptions, listener: ProcessListener): ScoringProcess {
  const flags = process.execArgv.filter((flag) => handedOn.test(flag))
  const args = [...flags, `--max-old-space-size=${options.memoryMb}`, entry, JSON.stringify(options.start)]
  // What a reward prints is no part of the server's output: it goes to stderr.
  const child = spawn(process.execPath, args, { stdio: ['ignore', 2, 'pipe', 'pipe', 'pipe'], windowsHide: true })
  const [, , stderr, data, control] = child.stdio
  if (!(data instanceof Socket && control instanceof Socket && stderr instanceof Socket))
    throw new TypeError('the scoring process has no pipes')
  let alive = true
  let unfit: string | undefined
  let complaint = ''
  let outOfMemory = false
  const end = (cause: EndCause, reason: string) => {
    if (!alive) return
    alive = false
    clearTimeout(timer)
    child.kill('SIGKILL')
    data.destroy()
    control.destroy()
    if (unfit === undefined) listener.ended(cause, reason)
    else listener.ended('unfit', unfit)
  }
  const timer = setTimeout(() => {
    end('unfit', `it did not load within ${options.startMs} ms`)
  }, options.startMs)

  const reader = frameReader(longestPayload)
  data.on('data', (bytes: Uint8Array) => {
    try {
      for (const { kind, payload } of reader.push(bytes)) {
        const { head, body } = decodeMessage(payload)
        if (kind === Kind.done) listener.answer(JSON.parse(head), body)
        else if (kind === Kind.crash) unfit = messageOf(JSON.parse(head).message)
        else if (kind === Kind.ready) {
          clearTimeout(timer)
          listener.ready(JSON.parse(head))
        }
      }
    } catch (thrown) {
      end('died', messageOf(thrown))
    }
  })
  // A process that ends closes its pipes while they may still be written to; its exit says all there is to say.
  for (const socket of [data, control]) socket.on('error', () => undefined)
  createInterface({ input: control }).on('line', (line) => {
    if (alive) listener.control(JSON.parse(line))
  })
  stderr.on('data', (bytes: Buffer) => {
    process.stderr.write(bytes)
    complaint += bytes.toString()
    outOfMemory ||= /heap out of memory|Reached heap limit/.test(complaint)
    // The tail is enough to find the words where two pieces share them; a stack may follow them, however long.
    complaint = complaint.slice(-100)
  })
  living.add(child)
  child.on('error', (error) => end('unfit', error.message))
  child.on('exit', () => living.delete(child))
  child.on('close', (code, signal) => end(signal === 'SIGKILL' ? 'killed' : 'died', endOf(code, signal, outOfMemory)))

  const write = messageWriter(data)
  return {
    pid: child.pid,
    send: (job, body) => write(Kind.request, job, body),
    cancel: (id) => write(Kind.reset, { id }),
    kill: (reason) => end('ended', reason),
  }
}

function endOf(code: number | null, signal: NodeJS.Signals | null, outOfMemory: boolean): string {
  const heap = outOfMemory ? ' (out of memory)' : ''
  return `the scoring process ended with ${signal ?? `code ${code}`}${heap}`
}
