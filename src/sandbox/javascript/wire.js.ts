/**
 * JavaScript: how values cross between the engine that holds the tests and the one that holds the program, as in
 * python/wire.py.ts. Plain data (undefined, null, booleans, numbers, strings, bigints, arrays, plain objects, Map, Set,
 * Date, RegExp, typed arrays, settled promises) is built anew on the other side; functions, class instances and
 * symbols stay where they are and cross as stand-ins that send each operation back.
 */
export const WIRE = `
'use strict';
(() => {
const { receive, send, print, drain } = globalThis.__guerdon
delete globalThis.__guerdon
const { parse, stringify } = JSON
const { isArray } = Array
const { defineProperty, getPrototypeOf, keys, is } = Object
const ownKeys = Reflect.ownKeys
const exported = []
const numbers = new Map()
const remotes = new Map()
const remoteNumbers = new WeakMap()
const state = { role: undefined }

function codec() {
  const objects = []
  const known = new Map()
  const write = (x) => {
    if (x === null || typeof x === 'boolean' || typeof x === 'string') return x
    if (typeof x === 'number') return Number.isFinite(x) && !is(x, -0) ? x : { number: is(x, -0) ? '-0' : String(x) }
    if (x === undefined) return { undefined: 0 }
    if (typeof x === 'bigint') return { bigint: String(x) }
    if (typeof x === 'object' || typeof x === 'function') {
      if (remoteNumbers.has(x)) return { yours: remoteNumbers.get(x) }
      if (known.has(x)) return { ref: known.get(x) }
    }
    const kind = kindOf(x)
    if (kind === undefined) return exportOf(x)
    if (kind === 'date') return { date: String(x.getTime()) }
    if (kind === 'regexp') return { regexp: [x.source, x.flags] }
    if (kind === 'typed') return { typed: [x.constructor.name, Array.from(x, (v) => write(v))] }
    if (kind === 'promise') return settled(x, write)
    known.set(x, objects.length)
    objects.push(x)
    return content(x)
  }
  const content = (x) => {
    const kind = kindOf(x)
    if (kind === 'array') return Array.from(x, write)
    if (kind === 'map') return { map: Array.from(x, ([k, v]) => [write(k), write(v)]) }
    if (kind === 'set') return { set: Array.from(x, write) }
    return { object: keys(x).map((k) => [k, write(x[k])]) }
  }
  const read = (j) => {
    if (j === null || typeof j !== 'object') return j
    if (isArray(j)) return fill(begin([]), j)
    const [tag] = keys(j)
    const value = j[tag]
    switch (tag) {
      case 'undefined': return undefined
      case 'number': return value === '-0' ? -0 : Number(value)
      case 'bigint': return BigInt(value)
      case 'date': return new Date(Number(value))
      case 'regexp': return new RegExp(value[0], value[1])
      case 'typed': return TYPED.get(value[0]).from(value[1].map(read))
      case 'ref': return objects[value]
      case 'yours': return exported[value]
      case 'remote': return remoteOf(j)
      case 'promise': return Promise.resolve(read(value))
      case 'rejected': return Promise.reject(errorOf(value))
      case 'map': return fill(begin(new Map()), j)
      case 'set': return fill(begin(new Set()), j)
      case 'object': return fill(begin({}), j)
    }
    throw new TypeError('an unknown kind of value came over the wire')
  }
  const begin = (x) => {
    objects.push(x)
    return x
  }
  const fill = (x, j) => {
    if (isArray(x)) {
      x.length = 0
      for (const v of j) x.push(read(v))
    } else if ('map' in j) {
      x.clear()
      for (const [k, v] of j.map) x.set(read(k), read(v))
    } else if ('set' in j) {
      x.clear()
      for (const v of j.set) x.add(read(v))
    } else {
      for (const k of keys(x)) delete x[k]
      // Never by assignment: a key called __proto__ must stay a key.
      for (const [k, v] of j.object) defineProperty(x, k, { value: read(v), writable: true, enumerable: true, configurable: true })
    }
    return x
  }
  return { objects, write, content, read, fill }
}

const TYPED = new Map(
  [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array, BigInt64Array, BigUint64Array]
    .map((type) => [type.name, type]))
const PLAIN = new Set([Object.prototype, null])

function kindOf(x) {
  if (typeof x !== 'object') return undefined
  if (isArray(x)) return 'array'
  if (x instanceof Map) return 'map'
  if (x instanceof Set) return 'set'
  if (x instanceof Date) return 'date'
  if (x instanceof RegExp) return 'regexp'
  if (x instanceof Promise) return 'promise'
  if (TYPED.has(x.constructor?.name) && x instanceof TYPED.get(x.constructor.name)) return 'typed'
  return PLAIN.has(getPrototypeOf(x)) ? 'object' : undefined
}

function settled(promise, write) {
  let outcome
  promise.then((value) => (outcome = { promise: write(value) }), (error) => (outcome = { rejected: describe(error) }))
  drain()
  if (outcome === undefined) throw new Error('the promise never settles: there is no event loop and there are no timers')
  return outcome
}

function exportOf(x) {
  let number = numbers.get(x)
  if (number === undefined) {
    if (state.role === 'judge' && typeof x !== 'function') throw new TypeError('the tests pass an object that cannot be handed to the program')
    number = exported.length
    numbers.set(x, number)
    exported.push(x)
  }
  return { remote: number, callable: typeof x === 'function', name: String(x?.name ?? '') }
}

function remoteOf({ remote: number, callable }) {
  const found = remotes.get(number)
  if (found !== undefined) return found
  const target = callable ? function () {} : {}
  const on = (op) => (_target, ...args) => ask(op, number, args)
  const made = new Proxy(target, {
    apply: (_target, self, args) => ask('call', number, [self === undefined || self === globalThis ? undefined : self, ...args]),
    construct: (_target, args) => ask('new', number, args),
    get: (_target, key) => (typeof key === 'symbol' ? symbolOf(number, key) : ask('get', number, [key])),
    set: (_target, key, value) => (ask('set', number, [key, value]), true),
    has: on('has'),
    ownKeys: () => ask('keys', number, []),
    getOwnPropertyDescriptor: (_target, key) =>
      ask('has', number, [key]) ? { value: ask('get', number, [key]), writable: true, enumerable: true, configurable: true } : undefined,
    getPrototypeOf: () => null,
  })
  remotes.set(number, made)
  remoteNumbers.set(made, number)
  return made
}

/** Of the symbols only iteration crosses. */
function symbolOf(number, key) {
  if (key !== Symbol.iterator || !ask('iterable', number, [])) return undefined
  return function* () {
    const iterator = ask('iterate', number, [])
    for (;;) {
      const { done, value } = iterator.next()
      if (done) return value
      yield value
    }
  }
}

const OPERATIONS = {
  call: (x, self, ...args) => Reflect.apply(x, self, args),
  new: (x, ...args) => Reflect.construct(x, args),
  get: (x, key) => x[key],
  set: (x, key, value) => void (x[key] = value),
  has: (x, key) => key in x,
  keys: (x) => keys(x),
  iterable: (x) => typeof x[Symbol.iterator] === 'function',
  iterate: (x) => x[Symbol.iterator](),
}

function ask(op, on, args) {
  const crossing = codec()
  send('R' + stringify({ op, on, args: crossing.write(args) }))
  for (;;) {
    const message = receive()
    const payload = parse(message.slice(1))
    if (message[0] === 'R') {
      send('D' + stringify(answer(payload)))
      continue
    }
    if (payload.stop !== undefined) throw new Error('stopped: ' + payload.stop)
    for (const [number, j] of payload.changed ?? []) crossing.fill(crossing.objects[number], j)
    if (payload.error !== undefined) throw errorOf(payload.error)
    return crossing.read(payload.value)
  }
}

function answer({ op, on, args }) {
  if (state.role === 'judge' && op !== 'call') return { error: describe(new TypeError('the program may not look into an object of the tests')) }
  const crossing = codec()
  const reply = { value: { undefined: 0 } }
  try {
    const given = crossing.read(args)
    const before = crossing.objects.map((x) => [x, flat(x)])
    let value
    try {
      value = OPERATIONS[op](exported[on], ...given)
    } catch (error) {
      reply.error = describe(error)
    }
    const after = codec()
    for (const [x] of before) after.write(x)
    reply.changed = before.flatMap(([x, old], n) => (same(flat(x), old) ? [] : [[n, after.content(x)]]))
    if (reply.error === undefined) reply.value = after.write(value)
    return reply
  } catch (error) {
    return { error: describe(error) }
  }
}

const flat = (x) => (isArray(x) ? [...x] : x instanceof Map ? [...x].flat() : x instanceof Set ? [...x] : keys(x).flatMap((k) => [k, x[k]]))
const same = (a, b) => a.length === b.length && a.every((v, i) => is(v, b[i]))

function describe(error) {
  if (!(error instanceof Error)) return { type: 'Error', name: 'Error', args: [short(error)], class: null, traceback: 'Uncaught ' + short(error) }
  const name = String(error.name)
  const message = String(error.message)
  const frames = state.role === 'judge' ? '' : String(error.stack ?? '').split('\\n').filter((line) => line !== '' && !line.includes('<guerdon>') && !line.includes('(native)')).slice(0, 40).join('\\n')
  const type = ERRORS.has(name) ? name : 'Error'
  return { type: message === 'out of memory' ? 'MemoryError' : type, name, args: [message], class: null, traceback: name + ': ' + message + (frames === '' ? '' : '\\n' + frames) }
}

const ERRORS = new Map([Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((type) => [type.name, type]))

function errorOf(described) {
  const type = ERRORS.get(described.type) ?? Error
  const error = new type(String(described.args[0] ?? ''))
  defineProperty(error, 'name', { value: String(described.name), configurable: true, writable: true })
  defineProperty(error, 'traceback', { value: String(described.traceback) })
  return error
}

/** A text for a value, never long and never failing. */
function short(x, depth = 0) {
  let text
  try {
    text = show(x, depth)
  } catch {
    text = '<a value that cannot be shown>'
  }
  return text.length <= 400 ? text : text.slice(0, 200) + ' ... ' + text.slice(-200)
}

function show(x, depth) {
  if (typeof x === 'string') return stringify(x)
  if (typeof x === 'bigint') return String(x) + 'n'
  if (typeof x === 'function') return '[Function ' + (remoteNumbers.has(x) ? '' : x.name) + ']'
  if (typeof x !== 'object' || x === null) return is(x, -0) ? '-0' : String(x)
  if (depth > 4) return '...'
  const list = (items) => items.map((v) => short(v, depth + 1)).join(', ')
  if (isArray(x)) return '[' + list(x.slice(0, 100)) + (x.length > 100 ? ', ...' : '') + ']'
  if (remoteNumbers.has(x)) return '<an object of the program>'
  if (x instanceof Map) return 'Map {' + [...x].map(([k, v]) => short(k, depth + 1) + ' => ' + short(v, depth + 1)).join(', ') + '}'
  if (x instanceof Set) return 'Set {' + list([...x]) + '}'
  if (x instanceof Error) return x.name + ': ' + x.message
  if (x instanceof Date || x instanceof RegExp) return String(x)
  return '{' + keys(x).map((k) => k + ': ' + short(x[k], depth + 1)).join(', ') + '}'
}
`
