import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Language, openSandbox, type Program, type Tests } from '../../src/sandbox/index.ts'

const sandbox = openSandbox({ workers: 2, limits: { seconds: 10 } })
const hurried = openSandbox({ workers: 1, limits: { seconds: 0.5 } })
after(() => {
  sandbox.close()
  hurried.close()
})

const python = (source: string, before?: Program['before']): Program => ({
  language: 'python',
  source,
  ...(before === undefined ? {} : { before }),
})
const javascript = (source: string): Program => ({ language: 'javascript', source })
const judged = (source: string, code: string, more: Partial<Tests> = {}) =>
  sandbox.test(python(source), { code: [code], ...more })

/** The feedback of a program that must fail, and the reason before it. */
async function complaint(program: Program, code: string): Promise<string> {
  const verdict = await sandbox.test(program, { code: [code] })
  assert.equal(verdict.kind, 'failed', JSON.stringify(verdict))
  return verdict.kind === 'failed' ? `${verdict.reason}\n${verdict.feedback}` : ''
}

test('a script reads its input and prints', async () => {
  const script = 'import sys\nname = input()\nprint("hello", name)\nprint(sum(map(int, sys.stdin)))'
  assert.deepEqual(await sandbox.run(python(script), 'Ada\n1\n2\n'), { kind: 'ran', stdout: 'hello Ada\n3\n' })
  const main = 'if __name__ == "__main__":\n    print("main")\n    exit()'
  assert.deepEqual(await sandbox.run(python(main)), { kind: 'ran', stdout: 'main\n' })
  const js =
    'const [a, b] = readline().split(" ").map(Number)\nconsole.log(a + b, require("fs").readFileSync(0, "utf8").length)'
  assert.deepEqual(await sandbox.run(javascript(js), '3 4\n'), { kind: 'ran', stdout: '7 4\n' })
})

test('every assert counts, and the first failures are told with what came out', async () => {
  const code = 'assert f(1) == 2\nassert f(2) == 4\nassert f(3) == 4, "three"\nfor x in range(3):\n    assert f(x) > x'
  assert.deepEqual(await judged('def f(x):\n    return x + 1', code), {
    kind: 'failed',
    reason: 'wrong answer',
    feedback: '5 of 6 tests passed\ntest 2: assert f(2) == 4\ngot 3, expected 4',
    passed: 5,
    total: 6,
  })
})

test('a traceback has the lines of the model, as Python prints them', async () => {
  const source = 'def g(x):\n    return x[1]\n\ndef f(x):\n    return g(x)\n'
  assert.equal(
    await complaint(python(source), 'assert f([1]) == 2'),
    [
      'exception',
      '0 of 1 tests passed',
      'test 1: assert f([1]) == 2',
      'Traceback (most recent call last):',
      '  File "<program>", line 5, in f',
      '    return g(x)',
      '  File "<program>", line 2, in g',
      '    return x[1]',
      '           ~^^^',
      'IndexError: list index out of range',
    ].join('\n'),
  )
})

test('where the code goes on in the middle of the task, lines count from its own first one', async () => {
  const head = 'def helper(x):\n    return 1 / x\n\ndef f(x):\n    """Divide."""\n'
  const text = await complaint(
    python('    y = x\n    return helper(y)\n', { code: head, joined: true }),
    'assert f(0) == 1',
  )
  assert.match(text, /File "<program>", line 2, in f\n {4}return helper\(y\)/)
  assert.match(text, /File "<prompt>", line 2, in helper\n {4}return 1 \/ x/)
  const broken = await complaint(
    python('    if x\n        return 1\n', { code: head, joined: true }),
    'assert f(0) == 1',
  )
  assert.match(broken, /^syntax error\n {2}File "<program>", line 1\n {4}if x\n/)
  const indent = await complaint(python('    if x:\n    return 1\n', { code: head, joined: true }), 'assert f(0) == 1')
  assert.match(indent, /IndentationError: expected an indented block after 'if' statement on line 1/)
})

test('each reason is named', async () => {
  const reasons: [string, string][] = [
    ['def f(): return 2', 'wrong answer'],
    ['def f(): return undefined_name', 'exception'],
    ['def f(: return 1', 'syntax error'],
    ['def f(): return [0] * 10**9', 'memory'],
    ['def f():\n    while True: print("x" * 100)', 'output limit'],
    ['import os\ndef f(): os._exit(0)', 'crash'],
  ]
  for (const [source, reason] of reasons) {
    const verdict = await judged(source, 'assert f() == 1')
    assert.equal(verdict.kind === 'failed' && verdict.reason, reason, JSON.stringify(verdict))
  }
})

test('a program that hangs says where, and one that hangs in C is ended all the same', async () => {
  const loop = await hurried.test(python('def f():\n    x = 0\n    while True:\n        x += 1'), { code: ['f()'] })
  assert.ok(loop.kind === 'failed' && loop.reason === 'timeout')
  assert.match(loop.feedback, /File "<program>", line [34], in f\n(?:.|\n)*it was still running after 0.5 s$/)
  const sum = await hurried.test(python('def f(): return sum(range(10**12))'), { code: ['f()'] })
  assert.ok(sum.kind === 'failed' && sum.reason === 'timeout')
  const tests = await hurried.test(python('def f(): return 1'), { code: ['while True: pass'] })
  assert.ok(tests.kind === 'failed' && tests.reason === 'timeout')
  const js = await hurried.test(javascript('const f = () => { while (true); }'), { code: ['f()'] })
  assert.ok(js.kind === 'failed' && js.reason === 'timeout')
})

test("the name under test must be defined; helpers of the task are the task's own", async () => {
  const missing = await judged('def g(): return 1', 'assert candidate() == 1', { entry: 'f' })
  assert.ok(missing.kind === 'failed' && missing.feedback.includes("name 'f' is not defined by the program"))
  const context = 'def double(x):\n    return 2 * x\n'
  const cheat = 'def double(x): return 0\ndef f(x): return 0'
  assert.equal((await judged(cheat, 'assert double(f(3)) == 6', { entry: 'f', context })).kind, 'failed')
  assert.equal((await judged('def f(x): return 3', 'assert double(f(3)) == 6', { entry: 'f', context })).kind, 'passed')
})

test("tests that do not compile, or hand over what cannot cross, are nobody's failure", async () => {
  const verdict = await judged('def f(x): return 1', 'assert f( == 1')
  assert.ok(verdict.kind === 'broken' && verdict.reason.startsWith('the tests do not compile: '))
  const foreign = await judged('def f(x): return 1', 'class T: pass\nassert f(T()) == 1')
  assert.ok(foreign.kind === 'broken' && foreign.reason.includes('type T, which cannot be handed to the program'))
})

test('objects of the program can be used by the tests from afar', async () => {
  const source = `
class Stack:
    def __init__(self, items=()): self.items = list(items)
    def push(self, x): self.items.append(x); return self
    def __len__(self): return len(self.items)
    def __getitem__(self, i): return self.items[i]
    def __iter__(self): return iter(self.items)
    def __add__(self, other): return Stack(self.items + other.items)
    def __eq__(self, other): return self.items == other.items
    def __enter__(self): return self
    def __exit__(self, *error): self.items.clear()
class Empty(ValueError): pass
def count(n):
    yield from range(n)
def fail(): raise Empty("nothing")
SIZE = 3
`
  const code = `
s = Stack([1]).push(2)
assert len(s) == 2 and s[1] == 2 and list(s) == [1, 2] and s.items == [1, 2]
assert isinstance(s, Stack) and not isinstance(3, Stack) and s + s == Stack([1, 2, 1, 2])
assert 2 in s and 5 not in s
assert s != [1, 2] and not (s == None)
with s as t:
    assert t is s
assert len(s) == 0
assert list(count(3)) == [0, 1, 2] and next(count(1)) == 0
assert SIZE == 3
try:
    fail()
    assert False
except Empty as error:
    assert str(error) == "nothing" and isinstance(error, ValueError)
try:
    Stack() < 3
    assert False
except TypeError: pass
`
  assert.equal((await judged(source, code)).kind, 'passed')
})

test('changes to arguments, sharing and callbacks come back', async () => {
  const source = `
def change(rows, seen, table):
    rows[0].append(9); rows.append(rows[0]); seen.add(3); table["k"] = rows
    return table
def apply(f, xs): return [f(x) for x in xs]
def catch(f):
    try: f()
    except KeyError as error: return error.args[0]
`
  const code = `
inner = [1]
rows, seen, table = [inner], {1, 2}, {}
assert change(rows, seen, table) is table
assert inner == [1, 9] and rows[1] is inner and seen == {1, 2, 3} and table["k"] is rows
total = []
assert apply(lambda x: total.append(x) or x * 2, range(3)) == [0, 2, 4] and total == [0, 1, 2]
def bad(): raise KeyError("lost")
assert catch(bad) == "lost"
assert apply(str, iter([1, 2])) == ["1", "2"]
`
  assert.equal((await judged(source, code)).kind, 'passed')
})

test('JavaScript: asserts of Node, classes, awaits and shared arguments', async () => {
  const source = `
class P { constructor(x) { this.x = x } double() { return this.x * 2 } *[Symbol.iterator]() { yield this.x; yield 0 } }
const sort = (xs) => { xs.sort((a, b) => a - b) }
async function later(x) { await null; if (x < 0) throw new RangeError('negative'); return { x, m: new Map([[1, new Set([x])]]) } }
const echo = (x) => x
`
  const code = `
const assert = require('node:assert/strict')
const p = new P(4)
assert.equal(p.double(), 8); assert.equal(p.x, 4); assert.deepEqual([...p], [4, 0])
const xs = [3, 1, 2]; sort(xs); assert.deepEqual(xs, [1, 2, 3])
assert.deepEqual(await later(1), { x: 1, m: new Map([[1, new Set([1])]]) })
try { await later(-1); assert.fail() } catch (e) { assert.equal(e.name, 'RangeError') }
for (const x of [undefined, null, NaN, -0, 10n ** 30n, 'ü\\ud83d', [1, [2]], new Date(5), /a/gi, new Uint8Array([1, 2])]) assert.deepEqual(echo(x), x)
assert.throws(() => echo.missing.deeper, TypeError)
console.assert(echo(1) === 1)
`
  assert.deepEqual(await sandbox.test(javascript(source), { code: [code] }), { kind: 'passed', total: 18 })
})

test('no program finds anything of another', async () => {
  const dirty: [Language, string][] = [
    [
      'python',
      'import builtins, math, sys, random, os, time, json\nbuiltins.left = math.pi = 3\nsys.modules["left"] = math\nrandom.seed(5)\nos.environ["LEFT"] = "1"\nsys.path.append("/left")\njson.dumps = time.time = None\nsys.setrecursionlimit(10**6)\nx = bytearray(b"left" * 10**7)\nlen = print\n',
    ],
    [
      'javascript',
      'globalThis.left = 1; Object.prototype.left = 1; Math.PI2 = 3; Array.prototype.push = null; console.log = null\n',
    ],
    [
      'javascript',
      'globalThis.left = new Uint8Array(1 << 24).fill(7); Object.prototype.left = left; console.log = null\n',
    ],
  ]
  const look: Record<Language, string> = {
    python:
      'import builtins, math, sys, random, os, json, gc\nprint(hasattr(builtins, "left"), math.pi, "left" in sys.modules, random.random(), dict(os.environ), sys.path, sys.getrecursionlimit(), json.dumps([]), hash("a"), len(gc.get_objects()), id([]))',
    javascript:
      'console.log(typeof left, Math.PI2, [].push(1), Object.keys(Object.prototype), Reflect.ownKeys(globalThis).length)',
  }
  for (const [language, source] of dirty) {
    const before = await sandbox.run({ language, source: look[language] })
    assert.equal(before.kind, 'ran', JSON.stringify(before))
    await Promise.all(Array.from({ length: 8 }, () => sandbox.run({ language, source })))
    const seen = await Promise.all(Array.from({ length: 6 }, () => sandbox.run({ language, source: look[language] })))
    for (const run of seen) assert.deepEqual(run, before)
  }
})

test('limits that make no sense are refused', () => {
  assert.throws(() => openSandbox({ limits: { seconds: 0 } }), /the limit seconds is 0/)
  assert.throws(() => openSandbox({ limits: { memory: 10 } }), /at least 48/)
  assert.throws(() => openSandbox({ workers: 1.5 }), /workers is 1.5/)
})
