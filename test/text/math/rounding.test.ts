import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isRounding } from '../../../src/text/math/rounding.ts'

const as = (text: string) => {
  const [whole, fraction = ''] = text.split('.')
  return { digits: (whole + fraction).replace(/^0+/, '').length, lastPlace: 10 ** -fraction.length }
}
const rounds = (text: string, exact: number) => isRounding(Number(text), as(text), exact)

test('a decimal of four digits and more equals what it rounds or cuts off', () => {
  assert.equal(rounds('3.1416', Math.PI), true)
  assert.equal(rounds('3.1415', Math.PI), true)
  assert.equal(rounds('3.1417', Math.PI), false)
  assert.equal(rounds('3.14', Math.PI), false)
  assert.equal(rounds('0.6667', 2 / 3), true)
  assert.equal(rounds('12345.67', 12345.68), false)
  assert.equal(rounds('-1.4142', -Math.SQRT2), true)
})

test('toFixed is always recognised, and a neighbour two places on never', () => {
  fc.assert(
    fc.property(fc.double({ min: 1, max: 1e6, noNaN: true }), fc.integer({ min: 4, max: 8 }), (value, places) => {
      const text = value.toFixed(places)
      const neighbour = (Number(text) + 2 * 10 ** -places).toFixed(places)
      return rounds(text, value) && (as(neighbour).digits >= 12 || !rounds(neighbour, value))
    }),
    { seed: 6 },
  )
})
