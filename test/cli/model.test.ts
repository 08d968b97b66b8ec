/** `guerdon sample` and `guerdon eval`, on a small model that was never trained. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { wilsonInterval } from '../../src/data/wilson.ts'
import { nano } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { guerdon, jsonOf } from './cli.ts'

const folder = mkdtempSync(join(tmpdir(), 'guerdon-model-'))
after(() => rmSync(folder, { recursive: true, force: true }))

before(async () => {
  const policy = nano('0.2M', characterTokenizer('0123456789+='), { seed: 3, context: 24 })
  await policy.save(join(folder, 'model'))
  await policy.close()
  const rows = [
    { id: 'one', question: '1+1=', answer: 2 },
    { id: 'two', question: '1+2=', answer: 'none' },
  ]
  writeFileSync(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
})

test('the same seed gives the same answers, as text and as JSON; stops and limits hold', async () => {
  const args = [
    'sample',
    'model',
    '--prompt',
    '1+1=',
    '--count',
    '3',
    '--max-tokens',
    '6',
    '--stop',
    '7',
    '--seed',
    '9',
  ]
  const [json, text, other] = await Promise.all([
    guerdon(folder, ...args, '--json'),
    guerdon(folder, ...args),
    guerdon(folder, ...args.slice(0, -1), '10', '--json'),
  ])
  assert.equal(json.code, 0, json.stderr)
  const { completions } = jsonOf(json)
  assert.equal(completions.length, 3)
  for (const [i, { index, text: answer, tokens, finish, logprob }] of completions.entries()) {
    assert.equal(index, i)
    assert.doesNotMatch(answer, /7/)
    assert.ok(tokens <= 6 && (finish === 'stop' || tokens === 6))
    // A model that knows nothing spreads its chances over 14 tokens.
    assert.ok(Math.abs(logprob / tokens + Math.log(14)) < 1)
  }
  const shown = completions.map(
    ({ text: answer, finish }: { text: string; finish: string }) => `${answer}${finish === 'length' ? ' …' : ''}\n`,
  )
  assert.equal(text.stdout, shown.join('\n'))
  assert.notDeepEqual(jsonOf(other).completions, completions)
})

test('prompts of a file are answered each', async () => {
  const { stdout } = await guerdon(
    folder,
    'sample',
    'model',
    '--prompts',
    'data.jsonl',
    ...['--prompt-column', 'question', '--json'],
  )
  assert.deepEqual(
    JSON.parse(stdout).completions.map(({ prompt }: { prompt: string }) => prompt),
    ['one', 'two'],
  )
})

test('accuracy comes with its interval and pass@k; what cannot be scored is counted by cause', async () => {
  const [task, data] = await Promise.all([
    guerdon(
      folder,
      'eval',
      'model',
      '--task',
      'addition(digits=1)',
      ...['--prompts', '30', '--samples', '4', '--max-tokens', '3', '--json'],
    ),
    guerdon(
      folder,
      ...['eval', 'model', '--data', 'data.jsonl', '--prompt-column', 'question', '--reference-column', 'answer'],
      ...['--reward', 'numericMatch', '--max-tokens', '3'],
    ),
  ])
  assert.equal(task.code, 0, task.stderr)
  const { accuracy, low, high, passAt, samples, prompts } = jsonOf(task)
  assert.deepEqual([samples, prompts], [120, 30])
  assert.deepEqual([low, high], wilsonInterval(accuracy, 30))
  assert.equal(passAt[1], accuracy)
  assert.ok(passAt[4] >= passAt[1] && passAt[4] <= 1)
  assert.equal(data.code, 0, data.stderr)
  assert.match(
    data.stdout,
    /2 answers to 2 prompts[\s\S]*accuracy .* to .*\n[\s\S]*1 unscored at reward: prompt 'data\.jsonl:2'/,
  )
})

test('what is wrong is told before the model is asked: exit code 2', async () => {
  const cases: readonly [args: string[], message: RegExp][] = [
    [['sample', 'gone', '--prompt', 'x'], /gone/],
    [['sample', 'model'], /name either --prompt or --prompts/],
    [['eval', 'model', '--task', 'adition'], /--task: unknown task 'adition'; did you mean 'addition'\?/],
    [['eval', 'model', '--task', 'addition', '--pass-at', '2'], /pass@2 needs at least 2 answers a prompt, not 1/],
  ]
  const ended = await Promise.all(cases.map(([args]) => guerdon(folder, ...args)))
  for (const [i, { code, stdout, stderr }] of ended.entries()) {
    assert.match(stderr, cases[i][1])
    assert.deepEqual([code, stdout], [2, ''], stderr)
  }
})
