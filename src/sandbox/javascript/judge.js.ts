/**
 * JavaScript: the asserts that tests may use, and what is global in both engines (console; standard input for scripts).
 * Each call of an assert counts as one test. A failed assert throws, as in Node; console.assert does not.
 */
export const JUDGE = `
const record = { passed: 0, total: 0, failures: [] }

function hold(held, detail) {
  record.total++
  if (held) record.passed++
  else {
    const text = detail()
    fail('wrong answer', text)
    const error = new Error(text)
    error.name = 'AssertionError'
    error.recorded = true
    throw error
  }
}

function fail(reason, detail, error = new Error()) {
  if (record.failures.length < 3) record.failures.push({ reason, test: record.total, code: codeAt(error), detail })
}

/** The line of the tests that an error came through. */
function codeAt(error) {
  const at = /<tests (\\d+)>:(\\d+)/.exec(String(error.stack))
  return at === null ? '' : (state.tests[at[1] - 1].split('\\n')[at[2] - 1] ?? '').trim()
}

function deepEqual(a, b, strict, seen = new Map()) {
  if (strict ? is(a, b) : a == b || (a !== a && b !== b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (seen.get(a) === b) return true
  seen.set(a, b)
  const both = (kind) => a instanceof kind && b instanceof kind
  if (isArray(a) !== isArray(b)) return false
  if (both(Date)) return is(a.getTime(), b.getTime())
  if (both(RegExp)) return String(a) === String(b)
  if (both(Map)) return a.size === b.size && [...a].every(([k, v]) => b.has(k) && deepEqual(v, b.get(k), strict, seen))
  if (both(Set)) return a.size === b.size && [...a].every((v) => b.has(v) || [...b].some((w) => deepEqual(v, w, strict, seen)))
  if (a instanceof Map || b instanceof Map || a instanceof Set || b instanceof Set) return false
  const left = keys(a)
  return left.length === keys(b).length && left.every((k) => k in b && deepEqual(a[k], b[k], strict, seen))
}

const got = (a, b) => () => 'got ' + short(a) + ', expected ' + short(b)
const assert = (value, note) => hold(value, () => note === undefined ? 'it is ' + short(value) : String(note))
Object.assign(assert, {
  ok: assert,
  equal: (a, b) => hold(a == b || (a !== a && b !== b), got(a, b)),
  notEqual: (a, b) => hold(a != b, () => 'got ' + short(a)),
  strictEqual: (a, b) => hold(is(a, b), got(a, b)),
  notStrictEqual: (a, b) => hold(!is(a, b), () => 'got ' + short(a)),
  deepEqual: (a, b) => hold(deepEqual(a, b, false), got(a, b)),
  deepStrictEqual: (a, b) => hold(deepEqual(a, b, true), got(a, b)),
  notDeepEqual: (a, b) => hold(!deepEqual(a, b, false), () => 'got ' + short(a)),
  notDeepStrictEqual: (a, b) => hold(!deepEqual(a, b, true), () => 'got ' + short(a)),
  match: (text, pattern) => hold(pattern.test(text), () => short(text) + ' does not match ' + pattern),
  fail: (note) => hold(false, () => String(note ?? 'failed')),
  throws(run, expected) {
    let thrown
    try {
      run()
    } catch (error) {
      thrown = { error }
    }
    const fits = expected instanceof RegExp ? expected.test(String(thrown?.error)) : typeof expected !== 'function' || thrown?.error instanceof expected || thrown?.error?.name === expected.name
    hold(thrown !== undefined && fits, () => thrown === undefined ? 'nothing was thrown' : 'threw ' + short(thrown.error))
  },
  doesNotThrow(run) {
    run()
    hold(true)
  },
})
assert.strict = Object.assign((value, note) => assert(value, note), assert, {
  equal: assert.strictEqual, deepEqual: assert.deepStrictEqual, notEqual: assert.notStrictEqual, notDeepEqual: assert.notDeepStrictEqual,
})

const say = (...values) => {
  if (!print(values.map((v) => typeof v === 'string' ? v : short(v)).join(' ') + '\\n')) throw new RangeError('too much output')
}
const complain = () => undefined
const global = (name, value) => defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })

function begin({ role, tests, entry, names, stdin }) {
  state.role = role
  global('console', { log: say, info: say, debug: say, error: complain, warn: complain, trace: complain })
  if (role === 'subject') {
    let rest = stdin
    const readline = () => {
      const [line] = rest.split('\\n', 1)
      rest = rest.slice(line.length + 1)
      return line
    }
    const fs = { readFileSync: (file) => file === 0 || file === '/dev/stdin' ? stdin : noModule('a file') }
    global('readline', readline)
    global('require', (name) => /^(node:)?fs$/.test(name) ? fs : noModule(name))
    global('module', { exports: {} })
    global('exports', globalThis.module.exports)
    return
  }
  state.tests = tests
  globalThis.console.assert = (held, note) => {
    try {
      assert(held, note)
    } catch {}
  }
  global('assert', assert)
  global('require', (name) => /^(node:)?assert$/.test(name) ? assert : /^(node:)?assert\\/strict$/.test(name) ? assert.strict : noModule(name))
  for (const [name, j] of Object.entries(names)) {
    if (name in globalThis && name !== entry) continue
    global(name, codec().read(j))
  }
  if (entry === null) return
  if (names[entry] === undefined) throw new ReferenceError("'" + entry + "' is not defined by the program")
  global('candidate', globalThis[entry])
}

function failed(detail) {
  record.total++
  record.failures.push({ reason: 'exception', test: record.total, code: '', detail })
}

function noModule(name) {
  throw new Error('the sandbox has no ' + name)
}

/** Called when a piece of the tests ended, with what it threw. */
function ended(before, thrown) {
  state.waiting = false
  if (thrown === undefined) {
    if (record.total === before) hold(true)
  } else if (thrown.error?.recorded !== true) {
    record.total++
    fail(thrown.error?.traceback?.startsWith('InternalError: out of memory') ? 'memory' : 'exception', thrown.error?.traceback ?? short(thrown.error), thrown.error)
  }
}

/** What the engine calls from outside; the program never holds it. */
return {
  begin: (request) => begin(parse(request)),
  answer: (request) => stringify(answer(parse(request))),
  names: (values) => stringify(Object.fromEntries(keys(values).map((name) => [name, codec().write(values[name])]))),
  describe: (error) => stringify(describe(error)),
  total: () => record.total,
  ended(before, promise) {
    if (promise === undefined) return ended(before)
    state.waiting = true
    promise.then(() => ended(before), (error) => ended(before, { error }))
  },
  threw: (before, error) => ended(before, { error }),
  failed,
  report() {
    if (state.waiting) failed('the tests wait for a promise that never settles')
    return stringify(record)
  },
}
})()
`
