/**
 * One QuickJS inside WebAssembly, the same for every program: an image of its memory with the driver already in it is
 * laid back after each (memoryImage.ts), so nothing of the last program is left, in the engine or below it. After a
 * program that made the memory grow, a new instance starts from the image. Inside there is the language and nothing
 * else: no modules, no timers, no host objects. The driver's functions live in a closure, and its few functions of the
 * host are taken off the global object before the program.
 */
import { type HostFunction, QuickJS, type QuickJSOptions, type Snapshot } from 'quickjs-wasi'
import { Kind } from '../frames.ts'
import type { Engine, Host } from '../workerLoop.ts'
import { JUDGE } from './judge.js.ts'
import { keepImage, type MemoryImage, stateIsMemory } from './memoryImage.ts'
import { serve } from './session.ts'
import { WIRE } from './wire.js.ts'

/** QuickJS's own bound on nesting, in bytes of the WebAssembly stack (1 MiB in all). */
const STACK = 384 << 10

/** Free memory in the image, in bytes: most programs need less and so do not make the memory grow. */
const ROOM = 1 << 20

/** TypeScript's library for Node does not declare it. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> }

/** Starts an engine from the bytes of QuickJS's WebAssembly module. */
export async function startEngine(bytes: Uint8Array, memoryLimit: number, host: Host): Promise<Engine> {
  const wasm = await WebAssembly.compile(bytes)
  const canBeLaidBack = stateIsMemory(bytes)
  let over = false
  const options = {
    wasm,
    memoryLimit,
    maxStackSize: STACK,
    timezoneOffset: 0,
    interruptHandler: () => (over ||= host.interrupted()),
  }
  const { image, door } = await startUpImage(options, host)
  const open = async (earlier?: MemoryImage) => {
    const vm = await QuickJS.restore(image, options)
    for (const [name, run] of hostFunctions(vm, host)) vm.registerHostCallback(name, run)
    return { vm, door: vm.importHandle(door), kept: canBeLaidBack ? keepImage(vm, earlier) : undefined }
  }
  let session = await open()
  let memoryRefused = false
  return {
    serve() {
      const { payload } = host.receive()
      const reply = serve(session.vm, session.door, Buffer.from(payload).toString(), () => readAll(host))
      memoryRefused ||= reply.includes('"type":"MemoryError"')
      host.send(Kind.done, Buffer.from(reply))
    },
    async reset() {
      over = false
      memoryRefused = false
      if (session.kept?.layBack() === true) return
      session.vm.dispose()
      session = await open(session.kept)
    },
    get memoryRefused() {
      return memoryRefused
    },
  }
}

/** An engine with the driver in it, as an image to start each program from, and the driver's handle in that image. */
async function startUpImage(options: QuickJSOptions, host: Host): Promise<{ image: Snapshot; door: number }> {
  const vm = await QuickJS.create(options)
  const functions = vm.newObject()
  for (const [name, run] of hostFunctions(vm, host)) {
    vm.newFunction(name, run).consume((made) => vm.setProp(functions, name, made))
  }
  vm.setProp(vm.global, '__guerdon', functions)
  const driver = vm.evalCode(`${WIRE}${JUDGE}`, '<guerdon>')
  const door = vm.exportHandle(driver)
  // Allocated and freed: the allocator keeps it.
  vm.evalCode(`new ArrayBuffer(${ROOM})`).dispose()
  return { image: vm.snapshot(), door }
}

/** What the driver can ask of this side: the wire, printing, and running promise reactions. */
function hostFunctions(vm: QuickJS, host: Host): [string, HostFunction][] {
  return [
    [
      'receive',
      () => {
        const { kind, payload } = host.receive()
        return vm.newString(String.fromCharCode(kind) + Buffer.from(payload).toString())
      },
    ],
    [
      'send',
      (message) => {
        const text = message.toString()
        host.send(text.startsWith('D') ? Kind.done : Kind.request, Buffer.from(text.slice(1)))
        return vm.undefined
      },
    ],
    [
      'print',
      (text) => {
        return host.stdout(Buffer.from(text.toString())) ? vm.true : vm.false
      },
    ],
    [
      'drain',
      () => {
        vm.executePendingJobs()
        return vm.undefined
      },
    ],
  ]
}

function readAll(host: Host): string {
  const pieces: Uint8Array[] = []
  for (;;) {
    const count = host.stdin(INPUT)
    if (count === 0) return Buffer.concat(pieces).toString()
    pieces.push(INPUT.slice(0, count))
  }
}

/** Where input is read to. Made once: most programs have none. */
const INPUT = new Uint8Array(1 << 16)
