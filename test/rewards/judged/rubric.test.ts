import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../../src/data/error.ts'
import { parseRubric, readRubric } from '../../../src/rewards/judged/rubric.ts'

const judge = 'judge: { model: m, baseURL: "http://127.0.0.1:1/v1" }'
const criteria = 'criteria: [{ name: good, ask: Is it good? }]'

test('what is left out has its default', () => {
  assert.deepEqual(parseRubric(`${judge}\n${criteria}`, 'r.yaml'), {
    judge: { model: 'm', baseURL: 'http://127.0.0.1:1/v1', concurrency: 8, deadline: 60 },
    scale: [1, 5],
    criteria: [{ name: 'good', ask: 'Is it good?', weight: 1, anchors: {} }],
    reference: true,
    repetitions: 1,
    hardened: true,
  })
})

test('YAML and JSON say the same', () => {
  const yaml = `# Ours since spring.
judge:
  gguf: models/judge.gguf
  threads: 2
scale: [0, 3]
criteria:
  - name: correct
    weight: 3
    ask: >
      Is every claim
      in the answer true?
    anchors: { 0: none is, 3: all are }
`
  const json = JSON.stringify({
    judge: { gguf: 'models/judge.gguf', threads: 2 },
    scale: [0, 3],
    criteria: [
      {
        ...{ name: 'correct', weight: 3, ask: 'Is every claim in the answer true?' },
        anchors: { 0: 'none is', 3: 'all are' },
      },
    ],
  })
  assert.deepEqual(parseRubric(yaml, 'r.yaml'), parseRubric(json, 'r.json'))
})

/** A wrong rubric, and what must be said of it: line, key, complaint. */
const wrong: readonly (readonly [source: string, ...said: readonly RegExp[]])[] = [
  [`${judge}\n\ncriteria:\n  - name: a\n    ask: b\n    wieght: 3`, /^r\.yaml:6: criteria\.0\.wieght: .*'weight'/m],
  [`${judge}\ncritera: [{ name: a, ask: b }]`, /^r\.yaml:2: critera: .*'criteria'/m, /criteria: .*missing/],
  [`${judge}\ncriteria: []`, /^r\.yaml:2: criteria: /m],
  [`${judge}\nscale: 5\n${criteria}`, /^r\.yaml:2: scale: expected 'yes-no', 'probability', or two whole numbers/m],
  [`${judge}\nscale: [5, 1]\n${criteria}`, /^r\.yaml:2: scale: /m],
  [
    `${judge}\ncriteria:\n  - { name: a, ask: b }\n  - { name: a, ask: c }`,
    /criteria: two criteria have the same name/,
  ],
  [
    `${judge}\ncriteria:\n  - { name: a, ask: b, weight: -1 }\n  - { name: 1x, ask: "" }`,
    ...[/^r\.yaml:3: criteria\.0\.weight: /m, /^r\.yaml:4: criteria\.1\.name: /m, /^r\.yaml:4: criteria\.1\.ask: /m],
  ],
  [`judge: gpt\n${criteria}`, /^r\.yaml:1: judge: expected \{ model, baseURL \} or \{ gguf \}/m],
  [`judge: { model: m }\n${criteria}`, /^r\.yaml:1: judge\.baseURL: .*missing/m],
  [`judge:\n  gguf: 3\n${criteria}`, /^r\.yaml:2: judge\.gguf: expected string, received number/m],
  [`judge: { model: m, baseURL: "ftp://x" }\n${criteria}`, /^r\.yaml:1: judge\.baseURL: /m],
  [
    `${judge}\ncriteria:\n  - name: a\n    ask: b\n    anchors: { 9: x }`,
    /^r\.yaml:5: criteria\.0\.anchors\.9: 9 is no number/m,
  ],
  [
    `${judge}\ncriteria:\n  - name: a\n    ask: b\n    anchors: { one: x }`,
    /^r\.yaml:5: .*keys are numbers of the scale/m,
  ],
  [`${judge}\n${criteria}\nscale: probability\nrepetitions: 3`, /^r\.yaml:4: repetitions: /m],
  [`${judge}\n${judge}\n${criteria}`, /^r\.yaml:2: Map keys must be unique/m],
  ['judge: { model: m\ncriteria', /^r\.yaml:2: /m],
  ['', /^r\.yaml:1: expected object/m],
  [`a: &a [1, 1, 1, 1]\nb: &b [${'*a, '.repeat(9)}]\nc: &c [${'*b, '.repeat(9)}]\nd: [${'*c, '.repeat(9)}]`, /alias/],
]

test('everything wrong in a file is named with its line and its key', () => {
  for (const [source, ...said] of wrong)
    assert.throws(
      () => parseRubric(source, 'r.yaml'),
      (thrown) => {
        assert.ok(thrown instanceof GuerdonError, String(thrown))
        for (const pattern of said) assert.match(thrown.message, pattern)
        return true
      },
      source,
    )
})

test('a file that is not there is named', () => {
  assert.throws(
    () => readRubric('/no/such/rubric.yaml'),
    (thrown) =>
      thrown instanceof GuerdonError && /^\/no\/such\/rubric\.yaml: the rubric cannot be read/.test(thrown.message),
  )
})
