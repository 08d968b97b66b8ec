/** One program in one QuickJS instance: what the worker is asked for while the instance lives. */
import { JSException, type JSValueHandle, type QuickJS } from 'quickjs-wasi'

/** An async script: `await` is allowed at its top level. */
const ASYNC_SCRIPT = 128

/** A program's source, as texts to execute in order under the names that stack traces show. */
interface LoadRequest {
  readonly module: string
  readonly units: readonly { readonly source: string; readonly file: string; readonly optional?: boolean }[]
}

interface TestRequest {
  readonly tests: readonly string[]
  readonly entry: string | null
  readonly names: Readonly<Record<string, unknown>>
}

/** Serves one request (JSON) and answers with JSON. `door` is the driver's object of functions. */
export function serve(vm: QuickJS, door: JSValueHandle, payload: string, stdin: () => string): string {
  const request: Partial<LoadRequest & TestRequest> = JSON.parse(payload)
  if (request.units !== undefined) return load(vm, door, request.units, stdin())
  if (request.tests !== undefined) return test(vm, door, payload, request.tests)
  return call(vm, door, 'answer', vm.newString(payload)).consume((reply) => reply.toString())
}

function load(vm: QuickJS, door: JSValueHandle, units: LoadRequest['units'], stdin: string): string {
  try {
    call(vm, door, 'begin', vm.newString(JSON.stringify({ role: 'subject', stdin }))).dispose()
    for (const { source, file, optional } of units) {
      try {
        vm.evalCode(source, file).dispose()
      } catch (thrown) {
        if (!(optional === true && thrown instanceof JSException && thrown.name === 'SyntaxError')) throw thrown
      }
      vm.executePendingJobs()
    }
  } catch (thrown) {
    return JSON.stringify({ error: describe(thrown) })
  }
  const values = vm.newObject()
  for (const name of declaredNames(units.map(({ source }) => source).join('\n'))) {
    // A name that is declared somewhere inside a function is not defined here, which is no error.
    const value = attempt(() => vm.evalCode(name))
    if (value === undefined) continue
    vm.setProp(values, name, value)
    value.dispose()
  }
  const names = call(vm, door, 'names', values).consume((reply) => reply.toString())
  return `{"names":${names}}`
}

/** Scripts' `let`, `const` and `class` are in no object that could be listed, so their names are read off the source. */
function declaredNames(source: string): Set<string> {
  const declared = source.matchAll(/\b(?:function\s*\*?|class|const|let|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)
  const assigned = source.matchAll(/^([\p{ID_Start}$_][\p{ID_Continue}$]*)\s*=[^=]/gmu)
  return new Set([...declared, ...assigned].map(([, name]) => name))
}

function test(vm: QuickJS, door: JSValueHandle, payload: string, tests: readonly string[]): string {
  try {
    call(vm, door, 'begin', vm.newString(JSON.stringify({ ...JSON.parse(payload), role: 'judge' }))).dispose()
  } catch (thrown) {
    call(vm, door, 'failed', vm.newString(describe(thrown).traceback)).dispose()
    return call(vm, door, 'report').consume((reply) => reply.toString())
  }
  for (const [index, code] of tests.entries()) {
    const before = call(vm, door, 'total')
    try {
      // Only where it is needed: the top-level names of an async script are its own.
      const isAsync = /\bawait\b/.test(code)
      const outcome = vm.evalCode(code, `<tests ${index + 1}>`, isAsync ? ASYNC_SCRIPT : 0)
      vm.executePendingJobs()
      call(vm, door, 'ended', before.dup(), isAsync ? outcome : undefined).dispose()
      vm.executePendingJobs()
    } catch (thrown) {
      if (!(thrown instanceof JSException)) throw thrown
      if (thrown.name === 'SyntaxError')
        return JSON.stringify({ broken: `the tests do not compile: ${thrown.message}` })
      call(vm, door, 'threw', before.dup(), thrown.handle.dup()).dispose()
    }
  }
  return call(vm, door, 'report').consume((reply) => reply.toString())
}

/** Calls a function of the driver and disposes of the arguments. */
function call(vm: QuickJS, door: JSValueHandle, name: string, ...given: (JSValueHandle | undefined)[]): JSValueHandle {
  const args = given.filter((value) => value !== undefined)
  const run = door.getProp(name)
  try {
    return vm.callFunction(run, vm.undefined, ...args)
  } finally {
    run.dispose()
    for (const value of args) value.dispose()
  }
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (thrown) {
    if (thrown instanceof JSException) return undefined
    throw thrown
  }
}

/** An uncaught exception as the wire describes one. A trap of the engine itself is not the program's to describe. */
function describe(thrown: unknown): { type: string; name: string; args: string[]; class: null; traceback: string } {
  if (!(thrown instanceof JSException)) throw thrown
  const { name, message } = thrown
  const frames = (thrown.stack ?? '')
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !/<guerdon>|\(native\)/.test(line))
    .slice(0, 40)
  const type = name === 'InternalError' && message === 'out of memory' ? 'MemoryError' : name
  return { type, name, args: [message], class: null, traceback: [`${name}: ${message}`, ...frames].join('\n') }
}
