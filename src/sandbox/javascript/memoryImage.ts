/**
 * An engine's whole state, kept once and laid back after every program, so that each begins in the same state bit for
 * bit. A new instance for every program would do the same, but takes 2.3 ms: 0.9 to instantiate the module, 1.3 for the
 * system to hand out fresh memory one fault at a time, and leaves what is to be collected. Laying back takes 0.1 to
 * 0.3 ms.
 *
 * Why nothing of a program is left:
 * - The state of an instance is its memory, its globals that can be set, its tables, and which passive segments are
 *   dropped (WebAssembly core specification 2.0, section 4.2). `stateIsMemory` reads off the module that there is one
 *   global, the stack pointer, which is laid back too, and no passive segment; a module compiled from C has no
 *   instruction that writes a table.
 * - Every byte of the memory is compared.
 * - Memory that a program made grow cannot shrink again; such an instance is given up.
 * - The values that the wrapper around the instance makes once and keeps are made before the image, so they are in it.
 *   What else it holds, values of errors that were thrown, is let go, as disposing of it does.
 */
import type { QuickJS } from 'quickjs-wasi'
import { layBack, type MemoryPage, PAGE } from '../memoryPages.ts'

const ZEROS = new Uint8Array(PAGE)

/** TypeScript's library for Node does not declare it. */
declare const WebAssembly: {
  readonly Memory: new () => { readonly buffer: ArrayBuffer }
  readonly Global: new () => { value: unknown }
}

export interface MemoryImage {
  /** The memory, page by page. */
  readonly pages: readonly MemoryPage[]
  /**
   * Lays the image back; to be called while nothing runs in the engine. False when the memory has grown: then the
   * engine must not be used any more.
   */
  layBack(): boolean
}

/**
 * Keeps the present state of an engine; undefined where this version of the wrapper does not hold it as known. Pages
 * that are the same in an earlier image are shared with it.
 */
export function keepImage(vm: QuickJS, earlier?: MemoryImage): MemoryImage | undefined {
  const inside = insideOf(vm)
  if (inside === undefined) return undefined
  const { memory, stackPointer, handles } = inside
  makeKeptValues(vm)
  const { buffer } = memory
  const top = stackPointer.value
  const bytes = new Uint8Array(buffer)
  const pages = Array.from({ length: buffer.byteLength / PAGE }, (_, n): MemoryPage => {
    const at = n * PAGE
    const here = bytes.subarray(at, at + PAGE)
    const like = earlier?.pages[n]?.bytes ?? ZEROS
    return { at, bytes: Buffer.compare(here, like) === 0 ? like : here.slice() }
  })
  return {
    pages,
    layBack() {
      // Growing replaces the buffer, also where it grows by nothing.
      if (memory.buffer !== buffer) return false
      layBack(bytes, pages)
      stackPointer.value = top
      handles.clear()
      return true
    },
  }
}

/** The wrapper makes these values when they are first asked for, and keeps where in the memory they are. */
function makeKeptValues({ global, undefined: none, null: nothing, true: yes, false: no }: QuickJS): unknown {
  return [global, none, nothing, yes, no]
}

/** What the wrapper's types hide. */
function insideOf(vm: QuickJS) {
  const exports: unknown = Reflect.get(vm, 'exports')
  const handles: unknown = Reflect.get(vm, '_ownedHandles')
  if (typeof exports !== 'object' || exports === null || !(handles instanceof Set)) return undefined
  const memory: unknown = Reflect.get(exports, 'memory')
  const stackPointer: unknown = Reflect.get(exports, '__stack_pointer')
  if (!(memory instanceof WebAssembly.Memory && stackPointer instanceof WebAssembly.Global)) return undefined
  return { memory, stackPointer, handles }
}

/**
 * Whether an instance of this module has no state but one memory and one global (a stack pointer, as compilers of C make
 * it). False also for what is not understood: that only costs time.
 */
export function stateIsMemory(module: Uint8Array): boolean {
  let at = 8
  const number = (): number => {
    for (let value = 0, shift = 0; ; shift += 7) {
      const byte = module[at++]
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value >>> 0
    }
  }
  const skip = (): void => {
    const length = number()
    at += length
  }
  const each = (holds: () => boolean): boolean => {
    for (let left = number(); left > 0; left--) if (!holds()) return false
    return true
  }
  const checks: Readonly<Record<number, () => boolean>> = {
    [Section.imports]: () =>
      each(() => {
        skip()
        skip()
        return module[at++] === FUNCTION && number() >= 0
      }),
    [Section.memories]: () => number() === 1,
    [Section.globals]: () => number() === 1,
    [Section.elements]: () => number() === 1 && number() === ACTIVE,
    [Section.data]: () =>
      each(() => {
        if (number() !== ACTIVE || module[at++] !== I32_CONST || number() < 0 || module[at++] !== END) return false
        skip()
        return true
      }),
  }
  while (at < module.length) {
    const check = checks[module[at++]]
    const length = number()
    const next = at + length
    if (check?.() === false) return false
    at = next
  }
  return true
}

/** Numbers of the binary format's sections, and the few codes of it that are read here (sections 5.4 and 5.5). */
const Section = { imports: 2, memories: 5, globals: 6, elements: 9, data: 11 } as const
const FUNCTION = 0
const ACTIVE = 0
const I32_CONST = 0x41
const END = 0x0b
