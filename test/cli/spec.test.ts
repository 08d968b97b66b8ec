import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { companionParts } from '../../src/cli/companionParts.ts'
import { isolatedReward } from '../../src/cli/isolatedReward.ts'
import { rewardChoice, rewardParts } from '../../src/cli/rewardParts.ts'
import { parseSpec } from '../../src/cli/spec.ts'
import { creditParts, objectiveParts, partSchemas, taskParts } from '../../src/cli/trainParts.ts'
import type { Sample } from '../../src/data/message.ts'
import { check } from '../../src/train/schema.ts'

test('names, options, positions, quotes, lists, expressions and specs within specs', () => {
  assert.deepEqual(parseSpec('rloo'), { name: 'rloo', positional: [], options: {} })
  assert.deepEqual(parseSpec(' numericMatch( from = marker , marker=A: )').options, { from: 'marker', marker: 'A:' })
  const { positional, options } = parseSpec(
    `f(1, -2.5e-3, true, "a, (b) \\"c\\"", 'd', [1, [x]], /^<a>,(.)$/s, g(h=1), k=no)`,
  )
  assert.deepEqual(positional.slice(0, 7), [1, -0.0025, true, 'a, (b) "c"', 'd', [1, ['x']], '/^<a>,(.)$/s'])
  assert.deepEqual(positional[7], { name: 'g', positional: [], options: { h: 1 } })
  assert.deepEqual(options, { k: 'no' })
})

test('nonsense is shown where it begins', () => {
  assert.throws(() => parseSpec('f(a=1'), /'f\(a=1': expected ',' or '\)' at character 6, found the end/)
  assert.throws(() => parseSpec('f(a=)'), /expected a value at character 5, found '\)'/)
  assert.throws(() => parseSpec('f(1) x'), /expected the end at character 6, found 'x'/)
  assert.throws(() => parseSpec(''), /expected a name/)
  // Whatever is written, the answer is a spec or a message.
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab(=,) "/[1') }), (text) => {
      try {
        parseSpec(text)
      } catch (thrown) {
        assert.equal(thrown instanceof Error && thrown.name, 'GuerdonError')
      }
    }),
    { seed: 1, numRuns: 2000 },
  )
})

const problems = (spec: unknown) => {
  const read = check(rewardChoice, spec)
  return 'problems' in read ? read.problems.map(({ path, message }) => [path.join('.'), message]) : []
}

test('a reward is named with its options; a wrong one names the option and what was meant', () => {
  assert.deepEqual(problems('numericMatch(tolerance=0.1)'), [])
  assert.deepEqual(problems({ name: 'inTag', tag: 'answer', reward: { name: 'numericMatch', from: 'last' } }), [])
  const [[key, message]] = problems('numericMatch(form=last)')
  assert.equal(key, 'form')
  assert.match(message, /^unknown key; did you mean 'from'\?/)
  assert.match(problems('exactMach')[0][1], /^unknown reward 'exactMach'; did you mean 'exactMatch'\?/)
  assert.deepEqual(problems('numericMatch(from=lst)'), [['from', 'expected "last" or "boxed" or "marker", got "lst"']])
  assert.match(problems('regexFormat(/(/)')[0][1], /Invalid regular expression/)
  assert.deepEqual(problems({ name: 'inTag', tag: 'a', reward: 'tokenF' })[0][0], 'reward')
  assert.match(problems(3)[0][1], /expected the name of a reward/)
})

test('a spec does what the function it names does', async () => {
  const sample = (text: string): Sample => ({
    prompt: { id: 'p', messages: [], reference: '12' },
    completion: { text, finish: 'stop' },
  })
  const spec = 'gate(regexFormat(/^A: /), inTag(b, numericMatch, missing=whole))'
  await using reward = await isolatedReward(spec, { workers: 1 })
  const scores = await reward.score(['A: 12', 'B: 12', 'A: <b>3</b> 12', 'A: <b>12</b> 3'].map(sample))
  assert.deepEqual(
    scores.map((score) => score.kind === 'scored' && score.value),
    [1, 0, 0, 1],
  )
})

test('every part with a name can be made from its name alone or says what it lacks', () => {
  const { task, credit, objective, companion } = partSchemas('.')
  const tables = [
    [taskParts, task],
    [creditParts, credit],
    [objectiveParts, objective],
    [companionParts('.'), companion],
    [rewardParts, rewardChoice],
  ] as const
  for (const [parts, schema] of tables)
    for (const [name, { keys }] of Object.entries(parts)) {
      const read = check<{ readonly name: string }>(schema, name)
      if ('value' in read) assert.ok(read.value.name.length > 0)
      else
        for (const { path } of read.problems)
          assert.ok(path.length > 0 && (keys.includes(String(path[0])) || name === 'weigh'), name)
    }
})
