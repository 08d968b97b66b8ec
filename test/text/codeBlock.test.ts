import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { codeIn, defines } from '../../src/text/codeBlock.ts'

test('a text without fences is code as it stands', () => {
  const body = '    return x + 1\n\n'
  assert.deepEqual(codeIn(body, 'python'), { code: body, fenced: false })
  assert.deepEqual(codeIn('<think>```python\nno\n```</think>    return 1\n', 'python'), {
    code: '    return 1\n',
    fenced: false,
  })
})

test('of several blocks the one that defines the name counts, else the last in the language', () => {
  const text = [
    'First:',
    '```python',
    'def solve(x):',
    '    return x',
    '```',
    'Use it so:',
    '```python',
    'print(solve(3))',
    '```',
    '```bash',
    'python solve.py',
    '```',
  ].join('\n')
  assert.equal(codeIn(text, 'python', 'solve').code, 'def solve(x):\n    return x')
  assert.equal(codeIn(text, 'python').code, 'print(solve(3))')
  assert.equal(codeIn(text, 'javascript').code, 'python solve.py')
})

test('marks, tildes, indentation, long fences and missing ends', () => {
  assert.equal(codeIn('```Python3 title="x"\na = 1\n```', 'python').code, 'a = 1')
  assert.equal(codeIn('~~~js\nlet a\n~~~', 'javascript').code, 'let a')
  assert.equal(codeIn('1. so\n   ```py\n   if x:\n       y\n   ```\n', 'python').code, 'if x:\n    y')
  assert.equal(codeIn('````python\ns = """\n```\n"""\n````', 'python').code, 's = """\n```\n"""')
  assert.equal(codeIn('```python\ndef f():\n    return 1\n', 'python', 'f').code, 'def f():\n    return 1\n')
  assert.equal(codeIn('```python\r\na = 1\r\nb = 2\r\n```', 'python').code, 'a = 1\nb = 2')
})

test('what defines a name at the top level', () => {
  for (const code of [
    'def f(x): pass',
    'x = 1\nasync def f():\n  pass',
    'class f:',
    'f = lambda x: x',
    'f: Callable = g',
  ]) {
    assert.ok(defines(code, 'python', 'f'), code)
  }
  for (const code of ['    def f(): pass', 'def ff(): pass', 'f == 1', 'f(3)', '# def f']) {
    assert.ok(!defines(code, 'python', 'f'), code)
  }
  for (const code of [
    'function f() {}',
    'async function* f() {}',
    'const f = 1',
    'export default class f {}',
    'let $f, f',
  ]) {
    assert.equal(defines(code, 'javascript', 'f'), !code.includes('$'), code)
  }
  assert.ok(defines('const $f = 1', 'javascript', '$f'))
})

test('any block is found again, and no text throws', () => {
  const line = fc
    .string({ unit: 'grapheme' })
    .filter((text) => !/[\r\n`~\u2028\u2029]/.test(text) && !text.includes('</think>'))
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), line, (lines, before) => {
      const code = lines.join('\n')
      assert.equal(codeIn(`${before}\n\`\`\`python\n${code}\n\`\`\`\n${before}`, 'python').code, code)
    }),
    { seed: 2 },
  )
  fc.assert(
    fc.property(fc.array(fc.constantFrom('```', '~~~', '\n', ' ', 'py', 'def f():', '`')), (pieces) => {
      assert.equal(typeof codeIn(pieces.join(''), 'python', 'f').code, 'string')
    }),
    { seed: 3 },
  )
})
