import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPythonSpace, pythonFixed, pythonSplit, pythonTrimEnd } from '../../src/text/pythonText.ts'

test('white space is what str.isspace says of the first 65536 code points', () => {
  // [c for c in range(65536) if chr(c).isspace()] of Python 3.11
  const python = [9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 133, 160, 5760, 8232, 8233, 8239, 8287, 12288]
  for (let code = 8192; code <= 8202; code++) python.push(code)
  const ours = Array.from({ length: 65536 }, (_, code) => code).filter(isPythonSpace)
  assert.deepEqual(
    ours,
    python.sort((a, b) => a - b),
  )
})

test('split and rstrip', () => {
  assert.deepEqual(pythonSplit(' a\u3000b\x1cc\ufeff '), ['a', 'b', 'c\ufeff'])
  assert.deepEqual(pythonSplit(''), [])
  assert.equal(pythonTrimEnd(' a \x85\n'), ' a')
})

test('decimals round as Python prints them: exact ties to even', () => {
  // format(x, '.1f') and format(x, '.2f') of Python 3.11
  assert.deepEqual(
    [6.25, 18.75, 0.05, 31.25, 43.75].map((x) => pythonFixed(x, 1)),
    ['6.2', '18.8', '0.1', '31.2', '43.8'],
  )
  assert.deepEqual(
    [0.125, 0.375, 2.675, 1.005, 8.345, 100].map((x) => pythonFixed(x, 2)),
    ['0.12', '0.38', '2.67', '1.00', '8.35', '100.00'],
  )
})
