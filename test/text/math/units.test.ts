import assert from 'node:assert/strict'
import { test } from 'node:test'
import { show } from '../../../src/text/math/rational.ts'
import { isKnownUnit, multiplier, readUnit } from '../../../src/text/math/units.ts'

// Exact by definition (SI brochure; international yard and pound, 1959).
test('units have a dimension and convert exactly', () => {
  const table: Record<string, readonly [string, string]> = {
    m: ['length', '1'],
    inches: ['length', '127/5000'],
    feet: ['length', '381/1250'],
    Miles: ['length', '201168/125'],
    'cm^2': ['length^2', '1/10000'],
    'square feet': ['length^2', '145161/1562500'],
    'sq ft': ['length^2', '145161/1562500'],
    'cubic meters': ['length^3', '1'],
    liters: ['length^3', '1/1000'],
    'km/h': ['length time^-1', '5/18'],
    'miles per hour': ['length time^-1', '1397/3125'],
    mph: ['length time^-1', '1397/3125'],
    'm/s^2': ['length time^-2', '1'],
    lbs: ['mass', '45359237/100000'],
    hours: ['time', '3600'],
    cents: ['dollar', '1/100'],
    $: ['dollar', '1'],
    '°': ['degree', '1'],
  }
  for (const [text, [dimension, factor]] of Object.entries(table)) {
    const unit = readUnit(text)
    assert.equal(unit.dimension, dimension, text)
    assert.equal(show(unit.factor), factor, text)
  }
})

test('other words are kept and mean nothing', () => {
  for (const text of ['apples', 'square units', 'people per day', 'x'.repeat(100)]) {
    assert.equal(readUnit(text).dimension, undefined, text)
  }
  assert.equal(isKnownUnit('xy'), false)
  assert.equal(multiplier('Million'), 1e6)
  assert.equal(multiplier('toString'), undefined)
})
