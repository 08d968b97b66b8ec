/** After an image is laid back, an engine is what it was, bit for bit, whatever ran in it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { QuickJS } from 'quickjs-wasi'
import { keepImage, type MemoryImage, stateIsMemory } from '../../src/sandbox/javascript/memoryImage.ts'
import { exhaust, forge, reach } from './javascriptAttacks.ts'

const packageFolder = (name: string) => dirname(fileURLToPath(import.meta.resolve(`${name}/package.json`)))
const quickjs = readFileSync(join(packageFolder('quickjs-wasi'), 'quickjs.wasm'))
/** The interrupt ends endless loops after so many questions. */
const PATIENCE = 20

let asked = 0
const vm = await start()
after(() => vm.dispose())

async function start(): Promise<QuickJS> {
  asked = 0
  const interruptHandler = () => ++asked > PATIENCE
  const made = await QuickJS.create({ wasm: quickjs, memoryLimit: 64 << 20, maxStackSize: 384 << 10, interruptHandler })
  made.newFunction('host', (value) => value).consume((host) => made.setProp(made.global, 'host', host))
  made.evalCode('new ArrayBuffer(1 << 20)').dispose()
  return made
}

/** Keeps an image of the engine, which must be possible with the version that is installed. */
function kept(engine: QuickJS, earlier?: MemoryImage): MemoryImage {
  const image = keepImage(engine, earlier)
  assert.ok(image)
  return image
}

/** Runs a program with all that it leaves to be done, and holds on to what it throws. */
function run(engine: QuickJS, source: string): void {
  asked = 0
  try {
    engine.evalCode(source).dispose()
  } catch {}
  try {
    engine.executePendingJobs()
  } catch {}
}

/** All that an instance is made of: its memory, its stack pointer and its table of functions. */
function stateOf(engine: QuickJS) {
  const { memory, stackPointer } = engine.snapshot()
  const exports: unknown = Reflect.get(engine, 'exports')
  assert.ok(typeof exports === 'object' && exports !== null && '__indirect_function_table' in exports)
  const table = exports.__indirect_function_table
  assert.ok(typeof table === 'object' && table !== null && 'length' in table && 'get' in table)
  const { length, get } = table
  assert.ok(typeof length === 'number' && length > 100 && typeof get === 'function')
  const functions: unknown[] = Array.from({ length }, (_, n) => get.call(table, n))
  return { memory: Buffer.from(memory), stackPointer, functions }
}

const ordinary = {
  globals: 'var a = [1, 2, 3]; let b = new Map([[a, host(a)]]); globalThis.c = class C { #d = b }; Symbol.for("e")',
  prototypes: 'Array.prototype.map = () => 0; Object.prototype.x = 1; delete globalThis.JSON; Object.freeze(Function)',
  promises: 'var p = (async () => { await 1; throw new Error("x") })(); new Promise(() => {})',
  'numbers at random': 'Math.random(); new Date(); const r = /(a+)b/g; r.exec("aab")',
  'deep calls': 'const f = (n) => (n === 0 ? host(0) : 1 + f(n - 1)); f(300)',
}

test('what a program leaves is gone, bit for bit', async (t) => {
  const image = kept(vm)
  const first = stateOf(vm)
  for (const [name, source] of Object.entries({ ...ordinary, ...forge, ...reach })) {
    await t.test(name, () => {
      run(vm, source)
      assert.notEqual(Buffer.compare(stateOf(vm).memory, first.memory), 0)
      assert.equal(image.layBack(), true)
      const now = stateOf(vm)
      assert.equal(Buffer.compare(now.memory, first.memory), 0)
      assert.equal(now.stackPointer, first.stackPointer)
      assert.ok(
        now.functions.every((one, n) => one === first.functions[n]) && now.functions.length === first.functions.length,
      )
      // The values that the wrapper keeps still are what they were.
      assert.equal(vm.typeof(vm.undefined), 'undefined')
      assert.equal(vm.evalCode('host(typeof JSON + [1].map(String) + {}.x)').consume(String), 'object1undefined')
      assert.equal(image.layBack(), true)
    })
  }
})

test('after programs that never end or grow without bound the image is laid back or refused', async (t) => {
  const earlier = kept(vm)
  for (const [name, [source]] of Object.entries(exhaust)) {
    await t.test(name, async () => {
      const engine = await start()
      const image = kept(engine, earlier)
      const first = engine.snapshot().memory
      run(engine, source)
      const grown = engine.snapshot().memory.length > first.length
      assert.equal(image.layBack(), !grown)
      if (!grown) assert.equal(Buffer.compare(engine.snapshot().memory, first), 0)
      engine.dispose()
    })
  }
})

test('a stack that something was left on is emptied', () => {
  const image = kept(vm)
  const first = vm.snapshot().stackPointer
  const exports: unknown = Reflect.get(vm, 'exports')
  assert.ok(typeof exports === 'object' && exports !== null && '__stack_pointer' in exports)
  const pointer = exports.__stack_pointer
  assert.ok(typeof pointer === 'object' && pointer !== null && 'value' in pointer)
  pointer.value = first - 4096
  image.layBack()
  assert.equal(vm.snapshot().stackPointer, first)
})

test('only a module whose state is one memory and one global is trusted with this', () => {
  assert.equal(stateIsMemory(quickjs), true)
  // A module with many globals.
  assert.equal(stateIsMemory(readFileSync(join(packageFolder('pyodide'), 'pyodide.asm.wasm'))), false)
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
  const memory = [5, 3, 1, 0, 1]
  const global = [0x7f, 1, 0x41, 0, 0x0b]
  const active = [0, 0x41, 8, 0x0b, 1, 7]
  const module = (...sections: number[][]) => stateIsMemory(Uint8Array.from([...header, ...sections.flat()]))
  assert.equal(module(memory, [6, 6, 1, ...global], [11, 7, 1, ...active]), true)
  assert.equal(module(memory, [6, 11, 2, ...global, ...global]), false)
  assert.equal(module([5, 5, 2, 0, 1, 0, 1]), false)
  assert.equal(module(memory, [11, 10, 2, ...active, 1, 1, 7]), false, 'a passive segment of data')
  assert.equal(module(memory, [9, 5, 1, 1, 0, 1, 0]), false, 'a passive segment of elements')
  assert.equal(module([2, 8, 1, 1, 0x61, 1, 0x62, 3, 0x7f, 1]), false, 'an imported global')
})
