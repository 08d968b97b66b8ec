/** Dimensions as polynomials: the laws of arithmetic, and agreement with numbers once the names have sizes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  addDims,
  broadcastShapes,
  type Dim,
  divideDims,
  evaluateDim,
  isDim,
  isName,
  multiplyDims,
  termsOf,
} from '../../src/graph/shape.ts'

const runs = { seed: 7, numRuns: 300 }
const sizes = new Map([
  ['batch', 3],
  ['length', 11],
  ['past', 5],
  ['_', 2],
])
const name = fc.constantFrom(...sizes.keys())
/** Built up by the algebra itself, as every dimension of a program is. */
const { dim } = fc.letrec<{ dim: Dim; sum: Dim; product: Dim }>((tie) => ({
  dim: fc.oneof({ maxDepth: 4 }, fc.integer({ min: -4, max: 9 }), name, tie('sum'), tie('product')),
  sum: fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => addDims(a, b)),
  product: fc.tuple(tie('dim'), tie('dim')).map(([a, b]) => multiplyDims(a, b)),
}))
/** What can divide: a number or a product, not a sum. */
const monomial = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.array(name, { maxLength: 3 }))
  .map(([coefficient, names]) => multiplyDims(coefficient, ...names))
const sizeOf = (of: Dim) => Number(evaluateDim(of, sizes))

test('sums and products commute, associate and distribute, each to one and the same string', () => {
  const laws = fc.property(dim, dim, dim, (a, b, c) => {
    assert.equal(addDims(a, b), addDims(b, a))
    assert.equal(multiplyDims(a, b), multiplyDims(b, a))
    assert.equal(addDims(addDims(a, b), c), addDims(a, addDims(b, c)))
    assert.equal(addDims(addDims(a, b), c), addDims(a, b, c))
    assert.equal(multiplyDims(multiplyDims(a, b), c), multiplyDims(a, multiplyDims(b, c)))
    assert.equal(multiplyDims(multiplyDims(a, b), c), multiplyDims(a, b, c))
    assert.equal(multiplyDims(a, addDims(b, c)), addDims(multiplyDims(a, b), multiplyDims(a, c)))
  })
  fc.assert(laws, runs)
})

test('0 and 1 are neutral, and what is taken away leaves 0', () => {
  const laws = fc.property(dim, (a) => {
    assert.equal(addDims(a, 0), a)
    assert.equal(addDims(a), a)
    assert.equal(addDims(), 0)
    assert.equal(multiplyDims(a, 1), a)
    assert.equal(multiplyDims(a, 0), 0)
    assert.equal(multiplyDims(), 1)
    assert.equal(addDims(a, multiplyDims(-1, a)), 0)
  })
  fc.assert(laws, runs)
})

test('evaluation agrees with arithmetic on numbers', () => {
  const laws = fc.property(dim, dim, (a, b) => {
    assert.equal(sizeOf(addDims(a, b)), sizeOf(a) + sizeOf(b))
    assert.equal(sizeOf(multiplyDims(a, b)), sizeOf(a) * sizeOf(b) + 0) // no -0
    const fromTerms = termsOf(a).map(([coefficient, names]) =>
      names.reduce((product, each) => product * Number(sizes.get(each)), coefficient),
    )
    assert.equal(
      fromTerms.reduce((total, term) => total + term, 0),
      sizeOf(a),
    )
  })
  fc.assert(laws, runs)
})

test('division undoes multiplication', () => {
  const laws = fc.property(dim, monomial, (a, b) => assert.equal(divideDims(multiplyDims(a, b), b), a))
  fc.assert(laws, runs)
})

test('a quotient, where there is one, multiplies back', () => {
  const laws = fc.property(dim, dim, (a, b) => {
    const quotient = divideDims(a, b)
    if (quotient !== undefined) assert.equal(multiplyDims(quotient, b), a)
  })
  fc.assert(laws, runs)
})

test('no quotient where it would leave a remainder', () => {
  assert.equal(divideDims('batch', 2), undefined)
  assert.equal(divideDims('batch', 'length'), undefined)
  assert.equal(divideDims(7, 2), undefined)
  assert.equal(divideDims(addDims('batch', 1), 'batch'), undefined)
  assert.equal(divideDims(multiplyDims('batch', 'length'), multiplyDims('batch', 'batch')), undefined)
  assert.equal(divideDims(6, 0), undefined)
  assert.equal(divideDims(multiplyDims(2, 'batch'), addDims('batch', 'length')), undefined)
})

test('a name without a size has no value', () => {
  const some = new Map([['batch', 3]])
  assert.equal(evaluateDim('batch', some), 3)
  assert.equal(evaluateDim(addDims('batch', 'length'), some), undefined)
  assert.equal(evaluateDim(multiplyDims('batch', 'batch', 2), some), 18)
  assert.equal(evaluateDim(4, new Map()), 4)
})

test('what the algebra gives is a dimension; other strings are not', () => {
  const laws = fc.property(dim, (a) => {
    assert.equal(isDim(a), typeof a === 'string' || a >= 0)
    if (isName(a)) assert.ok(sizes.has(a))
  })
  fc.assert(laws, runs)
  for (const wrong of [
    '',
    ' ',
    '3d',
    'batch*2',
    '1*batch',
    'a + b',
    'b+a',
    'b - a',
    'batch size',
    'b*a',
    '7',
    1.5,
    -1,
    NaN,
  ])
    assert.equal(isDim(wrong), false, JSON.stringify(wrong))
})

test('broadcasting follows NumPy, whichever operand comes first', () => {
  const shape = fc.array(fc.oneof(fc.constantFrom<Dim>(1, 2, 'batch')), { maxLength: 4 })
  const laws = fc.property(shape, shape, (a, b) => {
    const joined = broadcastShapes(a, b)
    assert.deepEqual(broadcastShapes(b, a), joined)
    // The twin: line up the last axes; each pair must be equal or hold a 1, and the other side wins.
    const rank = Math.max(a.length, b.length)
    const padded = (shape: readonly Dim[]) => [...Array.from({ length: rank - shape.length }, () => 1), ...shape]
    const [left, right] = [padded(a), padded(b)]
    const fits = left.every((dim, i) => dim === right[i] || dim === 1 || right[i] === 1)
    assert.deepEqual(joined, fits ? left.map((dim, i) => (dim === 1 ? right[i] : dim)) : undefined)
  })
  fc.assert(laws, runs)
})
