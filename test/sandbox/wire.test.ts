/** Values that cross from the tests to the program and back arrive as they were, types and all. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openSandbox } from '../../src/sandbox/index.ts'

const sandbox = openSandbox({ workers: 1, limits: { seconds: 20 } })
after(() => sandbox.close())

/** A Python literal for a value that can be a key. */
const atom = fc.oneof(
  fc.constantFrom('None', 'True', 'False', '-0.0', '1e308', '0.1', '2**53', '-2**200', '3j', 'range(2, 9, 3)'),
  fc.bigInt().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => (Number.isInteger(x) ? `${BigInt(x)}.0` : String(x))),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text).replace(/[^ -~]/gu, codePoints)),
  fc.uint8Array({ maxLength: 4 }).map((bytes) => `bytes([${bytes}])`),
  fc.constantFrom(
    "Decimal('1.50')",
    'Fraction(1, 3)',
    'date(2024, 2, 29)',
    'datetime(2024, 1, 1, 2, 3)',
    'timedelta(1, 2, 3)',
  ),
)

function codePoints(text: string): string {
  return Array.from(text, (one) => `\\U${(one.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`).join('')
}

/** A Python literal for any value that crosses as data. */
const { value } = fc.letrec<{ value: string }>((tie) => {
  const several = fc.array(tie('value'), { maxLength: 4 }).map((items) => items.join(', '))
  const atoms = fc.array(atom, { maxLength: 4 })
  return {
    value: fc.oneof(
      { maxDepth: 3 },
      atom,
      several.map((items) => `[${items}]`),
      several.map((items) => `tuple([${items}])`),
      several.map((items) => `deque([${items}], 7)`),
      atoms.map((items) => `set([${items}])`),
      atoms.map((items) => `frozenset([${items}])`),
      atoms.map((items) => `Counter([${items}])`),
      fc
        .array(fc.tuple(atom, tie('value')), { maxLength: 4 })
        .map((pairs) => `dict([${pairs.map(([k, v]) => `(${k}, ${v})`).join(', ')}])`),
      fc.array(fc.tuple(atom, tie('value')), { maxLength: 3 }).map((pairs) => {
        return `defaultdict(list, [${pairs.map(([k, v]) => `(${k}, ${v})`).join(', ')}])`
      }),
    ),
  }
})

const prelude = `
from collections import Counter, defaultdict, deque
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
`

test('Python: what goes out comes back equal and of the same types', async () => {
  const literals = fc.sample(value, { numRuns: 400, seed: 5 })
  const code = `${prelude}
def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, dict): return len(a) == len(b) and all(same(k, l) and same(v, w) for (k, v), (l, w) in zip(a.items(), b.items()))
    if isinstance(a, (list, tuple, deque)): return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b) if isinstance(a, (float, complex)) else a == b
${literals.map((literal) => `x = ${literal}\nassert same(echo(x), x)`).join('\n')}
x = float('nan')
assert repr(echo(x)) == 'nan' and echo(float('-inf')) == float('-inf')
`
  const verdict = await sandbox.test({ language: 'python', source: 'def echo(x): return x' }, { code: [code] })
  assert.deepEqual(verdict, { kind: 'passed', total: 401 })
})

test('Python: subclasses of built-in types arrive as what they hold', async () => {
  const source = `
import enum, collections
class S(str): pass
class Colour(enum.IntEnum): RED = 3
Point = collections.namedtuple('Point', 'x y')
class D(dict):
    def items(self): return []
    def __iter__(self): return iter(())
def values(): return [S('a'), Colour.RED, Point(1, 2), D(a=1), True]
`
  const code = `
assert values() == ['a', 3, (1, 2), {'a': 1}, True]
assert [type(v).__name__ for v in values()] == ['str', 'int', 'tuple', 'dict', 'bool']`
  assert.deepEqual(await sandbox.test({ language: 'python', source }, { code: [code] }), { kind: 'passed', total: 2 })
})

test('Python: cycles and large values cross, and values past all bounds are an exception', async () => {
  const source = `
def loop():
    x = [1]; x.append(x); return x
def numbers(n): return list(range(n))
def digits(n): return 10 ** n
def deep(n):
    x = []
    for _ in range(n): x = [x]
    return x
def text(n): return 'x' * n
`
  const code = `
x = loop()
assert x[1] is x
assert numbers(10**5) == list(range(10**5))
assert digits(10**4) == 10**10**4
for run in (lambda: deep(10**5), lambda: text(10**8)):
    try: run()
    except (RecursionError, OverflowError, MemoryError): pass
    else: raise ValueError('nothing was raised')
`
  assert.deepEqual(await sandbox.test({ language: 'python', source }, { code: [code] }), { kind: 'passed', total: 3 })
})
