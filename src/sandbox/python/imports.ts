/**
 * The border of the Python interpreter: the functions its WebAssembly module imports from JavaScript. Whatever a
 * program does inside, with ctypes, crafted bytecode or a memory bug, it can only leave through one of these. So after
 * start-up the border is sealed: a short list goes on working, file and network calls are refused as the operating
 * system would (the program sees PermissionError), and everything else (the bridge to JavaScript objects, dynamic
 * linking, running scripts, process exit) stops the interpreter.
 */

/** The errno of Emscripten's libc for "operation not permitted". */
const EPERM = 63
/** The bits of open's flags that ask for writing, creating or truncating. */
const OPEN_FOR_WRITING = 0o1 | 0o2 | 0o100 | 0o1000

/** Clocks, randomness, memory, reading, and the bookkeeping of calls: nothing here changes anything outside. */
const ALLOWED = new Set([
  'clock_time_get',
  'clock_res_get',
  'emscripten_get_now',
  'emscripten_date_now',
  '_tzset_js',
  '_timegm_js',
  '_mktime_js',
  '_localtime_js',
  '_gmtime_js',
  'random_get',
  'environ_sizes_get',
  'environ_get',
  'fd_read',
  'fd_write',
  'fd_close',
  'fd_seek',
  'fd_pread',
  'fd_sync',
  'fd_fdstat_get',
  '__syscall_fstat64',
  '__syscall_stat64',
  '__syscall_lstat64',
  '__syscall_newfstatat',
  '__syscall_getcwd',
  '__syscall_getdents64',
  '__syscall_faccessat',
  '__syscall_readlinkat',
  '__syscall_ioctl',
  '__syscall_fcntl64',
  '__syscall_getuid32_js',
  'emscripten_resize_heap',
  'emscripten_get_heap_max',
  'emscripten_runtime_keepalive_push',
  'emscripten_runtime_keepalive_pop',
  '_Py_CheckEmscriptenSignals_Helper',
  '_Py_emscripten_runtime',
  '_PyEM_TrampolineCall_JS',
])

type Imported = (...values: readonly unknown[]) => unknown

export interface Border {
  /** From here on only the allowed imports work. */
  seal(): void
  /** Whether the interpreter asked for more memory than `bytes` since the last call of `forget`. */
  readonly memoryRefused: boolean
  forget(): void
}

/**
 * Puts guards into the import object, in place, before the module is instantiated with it.
 *
 * @param imports the module's import object: namespaces of functions (globals and tables are left alone)
 * @param memoryLimit the most bytes the interpreter's memory may grow to
 */
export function guardImports(imports: Record<string, Record<string, unknown>>, memoryLimit: number): Border {
  let sealed = false
  let memoryRefused = false
  for (const space of Object.values(imports)) {
    if (space === null || typeof space !== 'object') continue
    for (const name of Object.keys(space)) {
      const original = space[name]
      if (!isFunction(original)) continue
      const replaced = guard(name, original, () => sealed)
      if (name === 'emscripten_resize_heap') {
        space[name] = likeOriginal(original, (size) => {
          if (Number(size) >>> 0 <= memoryLimit) return original(size)
          memoryRefused = true
          return 0
        })
      } else if (replaced !== original) {
        space[name] = likeOriginal(original, replaced)
      }
    }
  }
  return {
    seal() {
      sealed = true
    },
    get memoryRefused() {
      return memoryRefused
    },
    forget() {
      memoryRefused = false
    },
  }
}

function guard(name: string, original: Imported, sealed: () => boolean): Imported {
  if (ALLOWED.has(name)) return original
  if (name === '__syscall_openat') {
    return (...values) => (sealed() && (Number(values[2]) & OPEN_FOR_WRITING) !== 0 ? -EPERM : original(...values))
  }
  if (name.startsWith('__syscall_')) return (...values) => (sealed() ? -EPERM : original(...values))
  // WASI calls answer a positive errno, and name look-ups and system() their own negative codes.
  if (name.startsWith('fd_')) return (...values) => (sealed() ? EPERM : original(...values))
  if (name === 'getaddrinfo' || name === 'getnameinfo') return (...values) => (sealed() ? -4 : original(...values))
  if (name === '_emscripten_system' || name === '_mmap_js' || name === '_setitimer_js') {
    return (...values) => (sealed() ? -EPERM : original(...values))
  }
  return (...values) => {
    if (sealed()) throw new Error(`the program reached for ${name}, which the sandbox does not have`)
    return original(...values)
  }
}

function isFunction(value: unknown): value is Imported {
  return typeof value === 'function'
}

/** Emscripten keeps a function's WebAssembly signature as its property `sig` and wraps it by that. */
function likeOriginal(original: Imported, replaced: Imported): Imported {
  return Object.assign(replaced, { ...original })
}
