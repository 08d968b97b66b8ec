/**
 * The life of a worker process: it starts one engine, then serves requests until its owner's pipe closes. Everything
 * happens on one thread with blocking reads, because an interpreter in WebAssembly cannot wait for an event loop.
 */
import { Flag, type Frame, Kind, readFrame, writeFrame } from './frames.ts'

/** The pipe to the owner. */
const PIPE = 3
/** Frames from a program that are longer than this end the worker. */
export const MAX_FRAME = 64 << 20

/** What holds for one program, sent before its first request. */
export interface Allowance {
  readonly milliseconds: number
  readonly outputBytes: number
  readonly stdin: string
}

/** What an engine may do with the world: read its input, print, converse with the owner, look at the clock. */
export interface Host {
  stdin(buffer: Uint8Array): number
  stdout(bytes: Uint8Array): boolean
  stderr(bytes: Uint8Array): boolean
  /** The next frame for the engine; blocks. */
  receive(): Frame
  /** Sends a request or an answer of the engine's. */
  send(kind: Kind, payload: Uint8Array): void
  /** True once, when the program's time is up or it has printed too much. */
  interrupted(): boolean
}

/** A language's interpreter as the loop drives it. */
export interface Engine {
  /** Serves the request that `host.receive` answers first. */
  serve(): void
  /** Forgets everything about the last program. */
  reset(): void | Promise<void>
  readonly memoryRefused: boolean
  /** The start-up snapshot for other workers, where one was made. */
  readonly snapshot?: Uint8Array | undefined
}

/**
 * Runs a worker.
 *
 * @param start makes the engine; `snapshot` is one that an earlier worker made, empty when there is none yet
 */
export async function runWorker(start: (host: Host, snapshot: Uint8Array) => Promise<Engine>): Promise<void> {
  const state = freshState()
  const host = hostOf(state)
  const first = readFrame(PIPE)
  const engine = await start(host, first.payload)
  state.memoryRefused = () => engine.memoryRefused
  loseTheWorld()
  if (engine.snapshot !== undefined) writeFrame(PIPE, Kind.image, engine.snapshot)
  writeFrame(PIPE, Kind.ready, new Uint8Array(0))
  for (;;) {
    const frame = readFrame(PIPE)
    if (frame.kind === Kind.limits) allow(state, JSON.parse(Buffer.from(frame.payload).toString()))
    else if (frame.kind === Kind.reset) {
      await engine.reset()
      writeFrame(PIPE, Kind.reset, new Uint8Array(0))
    } else if (frame.kind === Kind.request) serve(engine, state, frame)
  }
}

interface State {
  pending: Frame | undefined
  answered: boolean
  deadline: number
  timeout: boolean
  fired: boolean
  printed: Uint8Array[]
  room: number
  overflowed: boolean
  stdin: Uint8Array
  memoryRefused: () => boolean
}

function freshState(): State {
  return {
    pending: undefined,
    answered: false,
    deadline: Number.POSITIVE_INFINITY,
    timeout: false,
    fired: false,
    printed: [],
    room: 0,
    overflowed: false,
    stdin: new Uint8Array(0),
    memoryRefused: () => false,
  }
}

function allow(state: State, allowance: Allowance): void {
  state.deadline = performance.now() + allowance.milliseconds
  state.timeout = false
  state.fired = false
  state.printed = []
  state.room = allowance.outputBytes
  state.overflowed = false
  state.stdin = Buffer.from(allowance.stdin)
}

function hostOf(state: State): Host {
  const print = (bytes: Uint8Array, keep: boolean): boolean => {
    state.room -= bytes.length
    if (state.room < 0) {
      state.overflowed = true
      return false
    }
    if (keep) state.printed.push(bytes.slice())
    return true
  }
  return {
    stdin(buffer) {
      const count = Math.min(buffer.length, state.stdin.length)
      buffer.set(state.stdin.subarray(0, count))
      state.stdin = state.stdin.subarray(count)
      return count
    },
    stdout: (bytes) => print(bytes, true),
    stderr: (bytes) => print(bytes, false),
    receive() {
      const frame = state.pending ?? readFrame(PIPE)
      state.pending = undefined
      return frame
    },
    send(kind, payload) {
      if (kind === Kind.done) {
        state.answered = true
        if (state.printed.length > 0) writeFrame(PIPE, Kind.output, Buffer.concat(state.printed))
        state.printed = []
      }
      writeFrame(PIPE, kind, payload, flagsOf(state))
    },
    interrupted() {
      if (state.fired) return false
      if (performance.now() > state.deadline) state.timeout = true
      state.fired = state.timeout || state.overflowed
      return state.fired
    },
  }
}

function serve(engine: Engine, state: State, frame: Frame): void {
  state.pending = frame
  state.answered = false
  let reason = 'the interpreter ended without an answer'
  try {
    engine.serve()
  } catch (thrown) {
    reason = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
    state.answered = false
  }
  if (state.answered) return
  writeFrame(PIPE, Kind.crash, Buffer.from(reason), flagsOf(state))
  process.exit(1)
}

function flagsOf(state: State): number {
  return (
    (state.timeout ? Flag.timeout : 0) |
    (state.memoryRefused() ? Flag.memory : 0) |
    (state.overflowed ? Flag.output : 0)
  )
}

/** Takes away what the process could still do, now that everything it needs is loaded. */
function loseTheWorld(): void {
  for (const name of [
    'fetch',
    'WebSocket',
    'EventSource',
    'Worker',
    'BroadcastChannel',
    'MessageChannel',
    'navigator',
  ]) {
    Reflect.deleteProperty(globalThis, name)
  }
  for (const name of ['binding', '_linkedBinding', 'dlopen', 'kill', '_debugProcess'])
    Reflect.deleteProperty(process, name)
  const { permission } = process
  // Newer versions of Node can give permissions up at run time.
  if ('drop' in permission && typeof permission.drop === 'function') permission.drop('fs.read')
}
