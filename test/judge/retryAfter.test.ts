import assert from 'node:assert/strict'
import { test } from 'node:test'
import { retryAfter } from '../../src/judge/retryAfter.ts'

test('seconds, milliseconds and dates are read, nonsense is nothing', () => {
  assert.equal(retryAfter({ 'retry-after': '120' }), 120)
  assert.equal(retryAfter({ 'retry-after': '0.5' }), 0.5)
  assert.equal(retryAfter({ 'retry-after-ms': '1500', 'retry-after': '9' }), 1.5)
  const date = 'Wed, 21 Oct 2015 07:28:00 GMT'
  assert.equal(retryAfter({ date, 'retry-after': 'Wed, 21 Oct 2015 07:28:30 GMT' }), 30)
  assert.equal(retryAfter({ date, 'retry-after': 'Wed, 21 Oct 2015 07:00:00 GMT' }), 0)
  // Without the server's date it counts from now: a date long past is over.
  assert.equal(retryAfter({ 'retry-after': date }), 0)
  for (const nonsense of ['soon', '-3', '', '1e9x']) assert.equal(retryAfter({ 'retry-after': nonsense }), undefined)
  assert.equal(retryAfter({}), undefined)
})
