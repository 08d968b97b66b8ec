import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Json, userPrompt } from '../../src/data/message.ts'
import type { Score } from '../../src/data/score.ts'
import { type CodeTestsOptions, codeTests } from '../../src/rewards/codeTests.ts'
import { firstDifference } from '../../src/rewards/stdioCases.ts'

const reward = codeTests({ workers: 2, limits: { seconds: 10 } })
const hasty = codeTests({ workers: 1, limits: { seconds: 0.5 } })
const opened = [reward, hasty]
after(() => {
  for (const one of opened) one[Symbol.dispose]()
})

async function score(text: string, reference: Json | undefined, judge = reward, signal?: AbortSignal): Promise<Score> {
  const sample = { prompt: userPrompt('p', 'Do it.', reference), completion: { text, finish: 'stop' as const } }
  const [given] = await judge.score([sample], signal)
  return given
}

function open(options: CodeTestsOptions) {
  const made = codeTests(options)
  opened.push(made)
  return made
}

const passed = { kind: 'scored', value: 1, parts: { share: 1 } }

test('asserts as a text, as a list, and with a name', async () => {
  const text = 'Here it is:\n```python\ndef add(a, b):\n    return a + b\n```\nDone.'
  assert.deepEqual(await score(text, 'assert add(1, 2) == 3'), passed)
  assert.deepEqual(await score(text, ['assert add(1, 2) == 3', 'assert add("a", "b") == "ab"']), passed)
  assert.deepEqual(await score(text, { tests: 'assert candidate(1, 2) == 3', entry: 'add' }), passed)
})

test('a failure scores 0, with the share of tests and the reason in words', async () => {
  const given = await score('def add(a, b):\n    return a - b', ['assert add(1, 0) == 1', 'assert add(1, 2) == 3'])
  assert.deepEqual(given, {
    kind: 'scored',
    value: 0,
    parts: { share: 0.5 },
    feedback: 'wrong answer\n1 of 2 tests passed\ntest 2: assert add(1, 2) == 3\ngot -1, expected 3',
  })
  const shared = await score(
    'def add(a, b): return a - b',
    ['assert add(1, 0) == 1', 'assert add(1, 2) == 3'],
    open({ value: 'share', workers: 1 }),
  )
  assert.equal(shared.kind === 'scored' && shared.value, 0.5)
})

test('a row of HumanEval takes a body, a whole function, or a block with both', async () => {
  const row = {
    task_id: 'x',
    prompt:
      'from typing import List\n\ndef half(x: int) -> int:\n    return x // 2\n\ndef f(xs: List[int]) -> List[int]:\n    """Halve each."""\n',
    entry_point: 'f',
    canonical_solution: '    return [half(x) for x in xs]\n',
    test: 'def check(candidate):\n    assert candidate([2, 4]) == [half(2), 2]\n    assert candidate([]) == []\n',
  }
  assert.deepEqual(await score(row.canonical_solution, row), passed)
  assert.deepEqual(await score('```python\ndef f(xs: List[int]):\n    return [half(x) for x in xs]\n```', row), passed)
  assert.deepEqual(await score(`\`\`\`python\n${row.prompt}${row.canonical_solution}\`\`\``, row), passed)
  const raised = await score('    y = xs[0]\n    return [y]\n', row)
  assert.ok(raised.kind === 'scored' && raised.value === 0)
  assert.match(
    raised.feedback ?? '',
    /^wrong answer\n0 of 2 tests passed\n(?:.|\n)*File "<program>", line 1, in f\n {4}y = xs\[0\]\n/,
  )
})

test('a row of MBPP, with imports, set-up code and a function named like a built-in', async () => {
  const row = {
    text: 'Sum.',
    code: 'def sum(a, b):\n    return a + b',
    test_imports: ['import math'],
    test_setup_code: 'root = math.sqrt(16)',
    test_list: ['assert sum(10, 15) == 25', 'assert sum(root, 1) == 5'],
  }
  assert.deepEqual(await score('def sum(a, b): return a + b', row), passed)
  const wrong = await score('def sum(a, b): return a', row)
  assert.ok(wrong.kind === 'scored' && wrong.value === 0)
})

test('pairs of standard input and output', async () => {
  const reference = { inputs: ['1 2\n', '3 4\n', '5 5\n'], outputs: ['3\n', '7', '10\n\n'] }
  assert.deepEqual(await score('print(sum(map(int, input().split())))  ', reference), passed)
  const close = await score('a, b = map(int, input().split())\nprint(a + b if a != b else 0)', reference)
  assert.deepEqual(close, {
    kind: 'scored',
    value: 0,
    parts: { share: 2 / 3 },
    feedback: 'wrong answer\n2 of 3 tests passed\ntest 3: line 1 is "0", expected "10"',
  })
  const raised = await score('print(1 / 0)', reference)
  assert.match(
    raised.kind === 'scored' ? (raised.feedback ?? '') : '',
    /^exception\n0 of 3 tests passed\ntest 1\nTraceback/,
  )
  const slow = await score('while True: pass', reference, hasty)
  assert.match(slow.kind === 'scored' ? (slow.feedback ?? '') : '', /^timeout\n0 of 3 tests passed\n/)
})

test('JavaScript programs and tests', async () => {
  const judge = open({ language: 'javascript', workers: 1 })
  const text = '```js\nconst add = (a, b) => a + b\n```'
  assert.deepEqual(
    await score(text, "assert.strictEqual(add(1, 2), 3)\nassert.equal(add('a', 'b'), 'ab')", judge),
    passed,
  )
  const wrong = await score(text, { tests: ['console.assert(candidate(1, 2) === 4)'], entry: 'add' }, judge)
  assert.ok(
    wrong.kind === 'scored' &&
      wrong.feedback ===
        'wrong answer\n0 of 1 tests passed\ntest 1: console.assert(candidate(1, 2) === 4)\nit is false',
  )
  assert.deepEqual(await score('console.log(readline().length)', { inputs: ['abc'], outputs: ['3'] }, judge), passed)
})

test('what is no fault of the program is not scored', async () => {
  const references: (Json | undefined)[] = [
    undefined,
    null,
    3,
    {},
    '',
    { inputs: ['1'], outputs: [] },
    { test_list: [] },
  ]
  for (const reference of references) {
    const given = await score('x = 1', reference)
    assert.ok(given.kind === 'unscored' && given.at === 'reward', JSON.stringify(reference))
  }
  const broken = await score('def f(): return 1', 'assert f( == 1')
  assert.ok(
    broken.kind === 'unscored' && broken.at === 'sandbox' && broken.reason.startsWith('the tests do not compile'),
  )
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 50)
  const late = await score('while True: pass', 'assert f() == 1', reward, abort.signal)
  assert.ok(late.kind === 'unscored' && late.at === 'deadline')
})

test('a batch keeps its order, and one that hangs costs the others nothing', async () => {
  const texts = [
    'def f(x): return x',
    'def f(x):\n    while True: pass',
    'def f(x): return -x',
    'def f(',
    'def f(x): return x',
  ]
  const samples = texts.map((text) => ({
    prompt: userPrompt('p', 'Do it.', 'assert f(1) == 1'),
    completion: { text, finish: 'stop' as const },
  }))
  const scores = await hasty.score(samples)
  assert.deepEqual(
    scores.map((given) => (given.kind === 'scored' ? given.value : given.reason)),
    [1, 0, 0, 0, 1],
  )
  assert.deepEqual(
    scores.map((given) => (given.kind === 'scored' ? given.feedback?.split('\n')[0] : '')),
    [undefined, 'timeout', 'wrong answer', 'syntax error', undefined],
  )
})

test('outputs differ where a reader would say so', () => {
  assert.equal(firstDifference('a\nb', 'a  \nb\n\n'), undefined)
  assert.equal(firstDifference('', '\n'), undefined)
  assert.equal(firstDifference('a\nc', 'a\nb'), 'line 2 is "c", expected "b"')
  assert.equal(firstDifference('a', 'a\n\nb'), 'line 2 is missing, expected ""')
  assert.equal(firstDifference(' a', 'a'), 'line 1 is " a", expected "a"')
})
