/**
 * One CPython inside WebAssembly (Pyodide), made for programs nobody trusts: no bridge to JavaScript, no way to write a
 * file, a bounded memory, and an exact image of its memory that is laid back after every program, so that each begins
 * in the same state bit for bit and nothing of the last one is left.
 *
 * Standard streams and the wire (the pipe to the owner) are file descriptors inside the interpreter, so no object of
 * JavaScript is ever visible in it. The interrupt is Pyodide's signal buffer, here an object whose reading asks the
 * clock: the interpreter polls it between bytecodes, and past the deadline finds SIGINT in it (KeyboardInterrupt).
 */
import { constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { layBack, type MemoryPage, PAGE } from '../memoryPages.ts'
import { DRIVER } from './driver.py.ts'
import { guardImports } from './imports.ts'

/** What the interpreter's streams are connected to. */
export interface Streams {
  /** Fills the buffer with the program's input; answers the count, 0 at its end. */
  stdin(buffer: Uint8Array): number
  /** Takes what the program printed; false when it is too much. */
  stdout(bytes: Uint8Array): boolean
  stderr(bytes: Uint8Array): boolean
  /** Fills the buffer from the next frame for the interpreter; blocks until there is one. */
  receive(buffer: Uint8Array): number
  /** Takes one frame from the interpreter. */
  send(bytes: Uint8Array): void
  /** Whether the program's time is up; asked every few hundred bytecodes, true at most once a program. */
  interrupted(): boolean
}

export interface Interpreter {
  /** Serves one request, which the driver reads from the wire. Throws when the interpreter broke down. */
  serve(): void
  /** Lays the first image back over the memory. */
  reset(): void
  /** Whether a request for memory was refused since the last reset. */
  readonly memoryRefused: boolean
  /** Bytes of memory in use by the interpreter, its own included. */
  readonly memoryBytes: number
  /** A snapshot other workers can start from. Only where `snapshot: true` was asked for. */
  readonly snapshot: Uint8Array | undefined
}

/** The few parts of Emscripten's module that are used here. */
interface Module {
  readonly HEAPU8: Uint8Array
  readonly HEAP8: Int8Array
  readonly FS: FileSystem
  readonly _Py_EMSCRIPTEN_SIGNAL_HANDLING: number
  Py_EmscriptenSignalBuffer: { 0: number }
  _sbrk(bytes: number): number
  _malloc(bytes: number): number
  _emscripten_stack_get_base(): number
  _emscripten_stack_get_end(): number
  _PyImport_AddModule(name: number): number
  _PyObject_GetAttrString(object: number, name: number): number
  _PyObject_CallNoArgs(callable: number): number
  _Py_DecRef(object: number): void
  _PyThreadState_Get(): number
  _PyUnstable_ThreadState_SetStackProtection(thread: number, start: number, bytes: number): number
  _PyImport_Inittab: number
}

interface Stream {
  readonly fd: number
  stream_ops: object
}

interface FileSystem {
  readonly streams: (Stream | null | undefined)[]
  open(path: string, flags: string): Stream
  close(stream: Stream): void
}

/** Built-in modules that open the machine below Python, or the bridge to JavaScript; none of them can be imported. */
const REMOVED = [
  '_ctypes',
  '_ctypes_test',
  '_posixsubprocess',
  '_pyodide_core',
  '_remote_debugging',
  '_testbuffer',
  '_testcapi',
  '_testclinic',
  '_testclinic_limited',
  '_testinternalcapi',
  '_testlimitedcapi',
  '_xxtestfuzz',
  'fcntl',
  'mmap',
  'termios',
  'xxsubtype',
]

/** The lock file of no packages, for this build of Pyodide: nothing may be loaded, least of all from the network. */
function noPackages(directory: string): string {
  const { info } = JSON.parse(readFileSync(join(directory, 'pyodide-lock.json'), 'utf8'))
  return JSON.stringify({ info, packages: {} })
}

/**
 * Starts an interpreter.
 *
 * @param directory where Pyodide's files are,
 * @param streams what its file descriptors are connected to
 * @param options `memoryLimit` bounds its memory in bytes; `from` is a snapshot to start from (0.2 s instead of 1-2 s);
 *   `snapshot` keeps one for others
 */
export async function startInterpreter(
  directory: string,
  streams: Streams,
  options: { readonly memoryLimit: number; readonly from?: Uint8Array; readonly snapshot?: boolean },
): Promise<Interpreter> {
  // Emscripten asks here for the numbers of open's flags, which the permission model would refuse.
  Object.assign(process, { binding: () => ({ fs: constants }) })
  const { loadPyodide } = await import(pathToFileURL(join(directory, 'pyodide.mjs')).href)
  const { default: createModule } = await import(pathToFileURL(join(directory, 'pyodide.asm.mjs')).href)
  const border: { current?: ReturnType<typeof guardImports> } = {}
  const pyodide = await loadPyodide({
    indexURL: directory,
    packageBaseUrl: directory,
    lockFileContents: noPackages(directory),
    // The hash seed is fixed so that the order of sets is the same in every run.
    env: { HOME: '/', PYTHONHASHSEED: '0', PYTHONDONTWRITEBYTECODE: '1', LANG: 'C.UTF-8' },
    jsglobals: Object.create(null),
    enableRunUntilComplete: false,
    stdin: () => null,
    stdout: () => undefined,
    stderr: () => undefined,
    ...(options.from === undefined ? { _makeSnapshot: options.snapshot ?? false } : { _loadSnapshot: options.from }),
    createPyodideModule(settings: { instantiateWasm: (imports: Imports, done: unknown) => unknown }) {
      const instantiate = settings.instantiateWasm
      return createModule({
        ...settings,
        instantiateWasm(imports: Imports, done: unknown) {
          border.current = guardImports(imports, options.memoryLimit)
          return instantiate(imports, done)
        },
      })
    },
  })
  const module: Module = pyodide._module
  if (border.current === undefined) throw new Error('the interpreter was instantiated past its guards')
  connect(module, streams)
  if (options.from === undefined) {
    pyodide.runPython(DRIVER, { filename: '<guerdon>' })
  }
  const snapshot = options.snapshot === true ? pyodide.makeMemorySnapshot() : undefined
  pyodide.runPython('_guerdon_scrub()')
  removeBuiltins(module)
  return sealed(module, border.current, streams, snapshot)
}

type Imports = Record<string, Record<string, unknown>>

/** The first file descriptor after the three standard ones: the driver reads requests from it and writes answers. */
const WIRE = 3

function connect(module: Module, streams: Streams): void {
  const { FS } = module
  const ops = (read: (buffer: Uint8Array) => number, write: (bytes: Uint8Array) => boolean) => ({
    open() {},
    close() {},
    read: (_stream: Stream, heap: Uint8Array, at: number, length: number) => read(bytesOf(heap, at, length)),
    write(_stream: Stream, heap: Uint8Array, at: number, length: number) {
      if (!write(bytesOf(heap, at, length)))
        throw Object.assign(new Error('too much output'), { errno: 22, name: 'ErrnoError' })
      return length
    },
    fsync() {},
  })
  const wire = FS.open('/dev/null', 'r+')
  if (wire.fd !== WIRE) throw new Error(`the wire is file descriptor ${wire.fd}, not ${WIRE}`)
  const none = () => 0
  const all = [ops(streams.stdin, () => false), ops(none, streams.stdout), ops(none, streams.stderr)]
  for (const [fd, stream_ops] of all.entries()) {
    const stream = FS.streams[fd]
    if (stream) stream.stream_ops = stream_ops
  }
  wire.stream_ops = ops(streams.receive, (bytes) => {
    streams.send(bytes)
    return true
  })
}

/** Emscripten hands its heap as signed or unsigned bytes, depending on the call. */
function bytesOf(heap: Uint8Array | Int8Array, at: number, length: number): Uint8Array {
  return new Uint8Array(heap.buffer, heap.byteOffset + at, length)
}

/** Blanks the names of the removed modules in CPython's table of built-in modules, so that no import can find them. */
function removeBuiltins(module: Module): void {
  const heap = module.HEAPU8
  const view = new DataView(heap.buffer)
  const names = new Set(REMOVED)
  // PyImport_Inittab points at the first of pairs (name, function); a null name ends them.
  for (let entry = view.getUint32(module._PyImport_Inittab, true); ; entry += 8) {
    const name = view.getUint32(entry, true)
    if (name === 0) return
    let end = name
    while (heap[end] !== 0) end++
    if (names.has(Buffer.from(heap.subarray(name, end)).toString('latin1'))) heap[name] = 1
  }
}

/** A text in the interpreter's memory, for good. */
function cString(module: Module, text: string): number {
  const bytes = new TextEncoder().encode(`${text}\0`)
  const at = module._malloc(bytes.length)
  module.HEAPU8.set(bytes, at)
  return at
}

/** Node's default stack in KiB. */
const DEFAULT_STACK = 984

/**
 * Tells CPython how deep C may call C before it is RecursionError. It measures the stack inside WebAssembly, but the
 * engine's own runs out first: a deep comparison takes 24 bytes there for one here.
 */
function guardStack(module: Module): void {
  const given = process.execArgv.find((flag) => flag.startsWith('--stack-size='))?.slice('--stack-size='.length)
  const bytes = Math.max(256, Number(given ?? DEFAULT_STACK) / 24) * 1024
  const base = module._emscripten_stack_get_base()
  const protect = module._PyUnstable_ThreadState_SetStackProtection
  protect(module._PyThreadState_Get(), base - bytes, bytes)
}

/** A copy of a stretch of memory, page by page. */
function pagesOf(heap: Uint8Array, from: number, to: number): MemoryPage[] {
  return Array.from({ length: Math.ceil((to - from) / PAGE) }, (_, n) => {
    const at = from + n * PAGE
    return { at, bytes: heap.slice(at, Math.min(to, at + PAGE)) }
  })
}

function sealed(
  module: Module,
  border: ReturnType<typeof guardImports>,
  streams: Streams,
  snapshot: Uint8Array | undefined,
): Interpreter {
  // Called as an object, so that no source is compiled for a request and no name is looked up that a program could set.
  const main = module._PyImport_AddModule(cString(module, '__main__'))
  const door = module._PyObject_GetAttrString(main, cString(module, '_guerdon_serve'))
  if (door === 0) throw new Error('the driver is not in the interpreter')
  module.HEAP8[module._Py_EMSCRIPTEN_SIGNAL_HANDLING] = 1
  module.Py_EmscriptenSignalBuffer = {
    get 0() {
      return streams.interrupted() ? 2 : 0
    },
    set 0(_value) {},
  }
  guardStack(module)
  border.seal()
  // The stack grows down from its base and is empty between requests, so the image leaves it out.
  const stackEnd = module._emscripten_stack_get_end()
  const stackBase = module._emscripten_stack_get_base()
  const top = module._sbrk(0)
  const image = [pagesOf(module.HEAPU8, 0, stackEnd), pagesOf(module.HEAPU8, stackBase, top)].flat()
  const size = module.HEAPU8.length
  return {
    serve() {
      const result = module._PyObject_CallNoArgs(door)
      if (result === 0) throw new Error('the driver failed inside the interpreter')
      module._Py_DecRef(result)
    },
    reset() {
      const heap = module.HEAPU8
      const used = Math.max(module._sbrk(0), heap.length > size ? heap.length : top)
      layBack(heap, image)
      heap.fill(0, top, used)
      for (const stream of module.FS.streams) if (stream && stream.fd > WIRE) module.FS.close(stream)
      border.forget()
    },
    get memoryRefused() {
      return border.memoryRefused
    },
    get memoryBytes() {
      return module.HEAPU8.length
    },
    snapshot,
  }
}
