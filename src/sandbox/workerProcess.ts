/**
 * One worker process seen from its owner: Node with its permission model on (no files but the interpreter's own, no
 * child processes, threads, addons or inspector), no code from strings, an empty environment, the root as its working
 * folder and a bounded heap. It is ended by SIGKILL, and when it takes more memory than it was given.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { Socket } from 'node:net'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../data/error.ts'
import { encodeFrame, type Frame, frameReader, Kind } from './frames.ts'
import type { Language } from './program.ts'
import { MAX_FRAME } from './workerLoop.ts'

/** Who listens to a worker: its frames, and its end (after which nothing more comes). */
export interface Listener {
  frame(frame: Frame): void
  ended(reason: string): void
}

export interface WorkerProcess {
  readonly alive: boolean
  /** Everything it was told to forget is forgotten. */
  readonly ready: boolean
  /** How many programs it has been given. */
  served: number
  send(kind: Kind, payload: Uint8Array | string): void
  /** Takes the worker: from now on its frames go to this listener, and the owner's process waits for it. */
  listen(listener: Listener): void
  /** Gives it up again: an idle worker does not keep the owner's process alive. */
  rest(): void
  /** Ends it at once; `reason` is what the listener is told. */
  kill(reason: string): void
}

/** What the process may use beyond the interpreter's memory, in bytes: Node itself, compiled code, two images. */
const PROCESS_BYTES = 512 << 20
const WATCH_MILLISECONDS = 100
/** Starting takes 0.2 to 3 s; on a machine with much else to do it may take many times that. */
const START_MILLISECONDS = 120_000

/**
 * Starts a worker process and waits until its interpreter is ready.
 *
 * @param memoryBytes the bound of the interpreter's memory
 * @param snapshot what an earlier worker of the language left to start from; `keep` receives a new one
 * @throws Error when the process ends before it is ready, with what it printed
 */
export async function startWorker(
  language: Language,
  memoryBytes: number,
  snapshot: Uint8Array | undefined,
  keep: (snapshot: Uint8Array) => void,
): Promise<WorkerProcess> {
  const [command, ...parameters] = withLargeStack(commandLine(language, memoryBytes))
  const child = spawn(command, parameters, {
    env: {},
    cwd: parse(process.execPath).root,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const worker = supervise(child, memoryBytes + PROCESS_BYTES)
  worker.send(Kind.image, snapshot ?? new Uint8Array(0))
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => worker.kill('it took too long to start'), START_MILLISECONDS)
  worker.listen({
    frame(frame) {
      if (frame.kind === Kind.image) keep(frame.payload.slice())
      if (frame.kind === Kind.ready) resolve()
    },
    ended(reason) {
      // Ended by a signal that was not ours: another one may well start.
      const Failure = reason === endText(null, child.signalCode) ? Vanished : Error
      reject(new Failure(`the ${language} worker did not start: ${reason}`))
    },
  })
  try {
    await promise
  } finally {
    clearTimeout(timer)
  }
  worker.rest()
  return worker
}

/** A worker was ended by something other than its trial. */
export class Vanished extends Error {}

function endText(code: number | null, signal: NodeJS.Signals | null): string {
  return `the process ended with ${signal ?? `code ${code}`}`
}

function commandLine(language: Language, memoryBytes: number): string[] {
  const here = dirname(fileURLToPath(import.meta.url))
  // The same folder holds sources when run from TypeScript and compiled files when installed.
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const engine = language === 'python' ? 'pyodide' : 'quickjs-wasi'
  const engineFolder = dirname(fileURLToPath(import.meta.resolve(`${engine}/package.json`)))
  return [
    '--permission',
    `--allow-fs-read=${join(here, '*')}`,
    `--allow-fs-read=${join(engineFolder, '*')}`,
    '--disallow-code-generation-from-strings',
    '--no-addons',
    '--disable-warning=ExperimentalWarning',
    '--max-old-space-size=256',
    join(here, language, `worker${extension}`),
    engineFolder,
    String(memoryBytes),
  ]
}

/**
 * Recursion through C needs a stack that most systems only give on request: memoised functions a thousand deep break
 * the usual one. The shell asks for 64 MiB, or for as much as the system allows, and becomes the worker.
 */
function withLargeStack(parameters: readonly string[]): string[] {
  if (process.platform === 'win32') return [process.execPath, ...parameters]
  const script = `ulimit -s ${STACK_KIB} 2>/dev/null || ulimit -s "$(ulimit -H -s)" 2>/dev/null
size=$(ulimit -s); [ "$size" = unlimited ] && size=${STACK_KIB}
[ "$size" -gt ${STACK_KIB} ] && size=${STACK_KIB}
unset PWD OLDPWD SHLVL
exec "$0" --stack-size=$((size * 9 / 10)) "$@"`
  return ['/bin/sh', '-c', script, process.execPath, ...parameters]
}

const STACK_KIB = 65_520

/** Workers end by themselves when their pipe closes, but not from inside a loop. */
const living = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL')
})

function supervise(child: ChildProcess, processBytes: number): WorkerProcess {
  const [, , stderr, pipe] = child.stdio
  if (!(pipe instanceof Socket && stderr instanceof Socket)) throw new TypeError('the worker has no pipes')
  const reader = frameReader(MAX_FRAME)
  let listener: Listener | undefined
  let alive = true
  let resets = 0
  let complaint = ''
  let watch: NodeJS.Timeout | undefined

  const end = (reason: string): void => {
    if (!alive) return
    alive = false
    clearInterval(watch)
    child.kill('SIGKILL')
    pipe.destroy()
    const heard = listener
    listener = undefined
    heard?.ended(reason)
  }
  pipe.on('data', (bytes: Uint8Array) => {
    try {
      for (const frame of reader.push(bytes)) {
        // What a program sent before its memory was laid back is nobody's answer any more.
        if (frame.kind === Kind.reset) resets--
        else if (alive && resets === 0) listener?.frame(frame)
      }
    } catch (thrown) {
      end(messageOf(thrown))
    }
  })
  // A worker that ends closes the pipe while it may still be written to; its exit says all there is to say.
  pipe.on('error', () => undefined)
  stderr.on('data', (bytes: Uint8Array) => {
    if (complaint.length < 4000) complaint += Buffer.from(bytes).toString()
  })
  child.on('error', (error) => end(error.message))
  living.add(child)
  child.on('exit', () => living.delete(child))
  child.on('close', (code, signal) => end(complaint.trim() || endText(code, signal)))

  return {
    get alive() {
      return alive
    },
    get ready() {
      return resets === 0
    },
    served: 0,
    send(kind, payload) {
      if (kind === Kind.reset) resets++
      if (alive) pipe.write(encodeFrame(kind, typeof payload === 'string' ? Buffer.from(payload) : payload))
    },
    listen(next) {
      if (!alive) return
      listener = next
      for (const held of [child, pipe, stderr]) held.ref()
      watch = setInterval(() => watchMemory(child.pid, processBytes, end), WATCH_MILLISECONDS)
    },
    rest() {
      listener = undefined
      clearInterval(watch)
      for (const held of [child, pipe, stderr]) held.unref()
    },
    kill: end,
  }
}

/** Where the system tells how much memory a process holds (Linux), ends one that holds too much. */
async function watchMemory(pid: number | undefined, limit: number, end: (reason: string) => void): Promise<void> {
  if (process.platform !== 'linux' || pid === undefined) return
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0)
  if (kibibytes * 1024 > limit) end('memory')
}
