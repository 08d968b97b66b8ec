/** JavaScript programs that attack their sandbox, in the three groups of pythonAttacks.ts. */

/** Wrong solutions of "solve(3) is 10" that try to pass `assert.strictEqual(solve(3), 10)` all the same. */
export const forge: Record<string, string> = {
  'an object with a lying valueOf': 'const solve = () => ({ valueOf: () => 10, toString: () => "10" })',
  'a proxy that agrees with everything':
    'const solve = () => new Proxy(function () {}, { get: () => () => 10, has: () => true, apply: () => 10 })',
  'Object.is patched': 'Object.is = () => true; const solve = () => 0',
  'JSON patched':
    'JSON.stringify = () => \'{"passed":1,"total":1,"failures":[]}\'; JSON.parse = () => ({}); const solve = () => 0',
  'prototypes polluted':
    'Object.prototype.passed = 1; Object.prototype.total = 1; Object.prototype.value = 10; Array.prototype.map = () => [10]; const solve = () => 0',
  'a key called __proto__': 'const solve = () => JSON.parse(\'{"__proto__": {"passed": 1}}\')',
  'a toJSON that lies':
    'Number.prototype.toJSON = Object.prototype.toJSON = () => 10; const solve = () => new Number(0)',
  'the assert overwritten': 'globalThis.assert = Object.assign(() => {}, { strictEqual() {} }); const solve = () => 0',
  'the names of the tests shadowed': 'var candidate = () => 10; var require = () => ({}); const solve = () => 0',
  'Function.prototype.call patched':
    'Function.prototype.call = Function.prototype.apply = Reflect.apply = () => true; const solve = () => 0',
  'an exception that claims to be recorded':
    'const solve = () => { throw Object.assign(new Error("x"), { recorded: true, name: "AssertionError" }) }',
  'an exception that is not an error': 'const solve = () => { throw undefined }',
  'an exception with lying getters':
    'const solve = () => { throw { get name() { while (true); }, get message() { return "x" } } }',
  'a promise of the answer': 'const solve = async () => 10',
  'the right text with the wrong type': 'const solve = () => "10"',
  'an iterator without end': 'const solve = function* () { for (;;) yield 10 }',
  'the callback of the tests looked into': 'const solve = (x, f) => f?.constructor?.("return 10")() ?? 0',
}

/** Ways out of the engine. Each prints ESCAPED where it worked. */
export const reach: Record<string, string> = {
  'the constructor chain': 'const p = this.constructor.constructor("return process")(); console.log("ESCAPED", p.pid)',
  'the Function constructor':
    'if (Function("return typeof process")() !== "undefined") console.log("ESCAPED"); else throw 1',
  'the constructor of a host function':
    'const f = console.log.constructor("return globalThis.process"); if (f() !== undefined) console.log("ESCAPED"); else throw 1',
  require: 'require("child_process").execSync("ls"); console.log("ESCAPED")',
  'require of fs': 'console.log("ESCAPED", require("fs").readFileSync("/etc/passwd"))',
  'import of a module': 'import("fs").then(() => console.log("ESCAPED"))',
  'a static import': 'import fs from "fs"; console.log("ESCAPED")',
  process: 'process.exit(0); console.log("ESCAPED")',
  fetch: 'fetch("http://127.0.0.1").then(() => console.log("ESCAPED"))',
  WebAssembly: 'new WebAssembly.Module(new Uint8Array(8)); console.log("ESCAPED")',
  'a worker': 'new Worker("x"); console.log("ESCAPED")',
  'the door of the driver':
    'for (const k of Reflect.ownKeys(globalThis)) if (/guerdon|receive|send|drain|door/.test(String(k))) console.log("ESCAPED", k); throw 1',
  'the host by an error stack':
    'try { null.x } catch (e) { if (/file:|node_modules|\\/src\\//.test(e.stack)) console.log("ESCAPED") } throw 1',
  'the caller':
    'function f() { return f.caller ?? arguments.callee.caller } if (f()) console.log("ESCAPED"); else throw 1',
  prepareStackTrace:
    'Error.prepareStackTrace = (e, frames) => frames; const s = new Error().stack; for (const f of s) if (f.getThis?.()?.process) console.log("ESCAPED"); throw 1',
  timers: 'setTimeout(() => console.log("ESCAPED"), 0)',
}

/** Programs that never end, never stop growing, or break what runs them, with the reasons they may fail for. */
export const exhaust: Record<string, readonly [source: string, ...reasons: string[]]> = {
  'an endless loop': ['while (true);', 'timeout'],
  'an endless loop that catches everything': ['for (;;) try { for (;;); } catch {}', 'timeout'],
  'a regular expression that blows up': ['/(a+)+$/.test("a".repeat(50) + "b")', 'timeout', 'exception'],
  'promises without end': [
    'const again = () => Promise.resolve().then(again); again()',
    'timeout',
    'memory',
    'exception',
  ],
  'a string doubled': ['let s = "x"; for (;;) s += s', 'exception', 'memory'],
  'an array without end': ['const a = []; for (;;) a.push(new Array(1000).fill(0))', 'memory', 'timeout'],
  'a huge buffer': ['new ArrayBuffer(2 ** 40)', 'exception', 'memory'],
  'a huge array': ['new Array(2 ** 31).fill(0)', 'memory', 'timeout', 'exception'],
  'endless recursion': ['const f = () => f() + 1; f()', 'exception'],
  'endless recursion in getters': ['const o = { get x() { return this.x } }; o.x', 'exception'],
  'a deep nest': [
    'let a = []; for (let i = 0; i < 1e6; i++) a = [a]; JSON.stringify(a)',
    'exception',
    'timeout',
    'memory',
    'crash',
  ],
  'a giant number': ['2n ** (2n ** 40n)', 'exception', 'memory', 'timeout'],
  'a long multiplication': ['let x = 3n; for (;;) x *= x', 'timeout', 'memory', 'exception'],
  'a flood of output': ['for (;;) console.log("x".repeat(1000))', 'output limit'],
  'a sort that never agrees': ['for (;;) [...Array(1e4).keys()].sort(() => 0.5 - Math.random())', 'timeout'],
  'waiting for ever': ['Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)', 'exception', 'timeout'],
}
