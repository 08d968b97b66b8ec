import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Override, readTrainConfig, setOverride } from '../../src/cli/trainConfig.ts'
import { GuerdonError } from '../../src/data/error.ts'
import { tempFolder } from './cli.ts'

const good = `policy:
  nano: { size: 0.2M }
task: { name: addition, digits: [1, 2] }
credit: grpo
objective: { name: clipped, high: 0.28 }
steps: 5
evaluation:
  prompts: 20
  every: 2
`

/** Reads a configuration of this text; `errors` are the lines of what was thrown. */
async function reading(folder: string, name: string, text: string, overrides: readonly Override[] = []) {
  const file = join(folder, name)
  writeFileSync(file, text)
  try {
    return { config: await readTrainConfig(file, overrides), errors: [] }
  } catch (thrown) {
    assert.ok(thrown instanceof GuerdonError, String(thrown))
    return { errors: thrown.message.replaceAll(`${folder}/`, '').split('\n') }
  }
}

test('YAML and JSON hold the same keys, and what is not said has its default', async (t) => {
  const folder = tempFolder(t)
  const { config } = await reading(folder, 'a.yaml', good)
  assert.ok(config !== undefined)
  assert.deepEqual([config.task.name, config.credit.name, config.objective.name], ['addition', 'grpo', 'clipped'])
  assert.deepEqual([config.prompts, config.groupSize, config.maxTokens, config.seed], [8, 8, 64, 1])
  assert.deepEqual(config.adam, { learningRate: 1e-3, clipNorm: 1 })
  const json = JSON.stringify({
    policy: { nano: { size: '0.2M' } },
    task: 'addition(digits=[1, 2])',
    credit: { name: 'grpo' },
    objective: 'clipped(high=0.28)',
    steps: 5,
    evaluation: { prompts: 20, every: 2 },
  })
  const same = await reading(folder, 'a.json', json)
  // Functions differ from one making to the next: what they say of themselves is compared.
  assert.equal(JSON.stringify(same.config), JSON.stringify(config))
})

test('credits of credits, of steps and of companions are named like all others', async (t) => {
  const folder = tempFolder(t)
  const named = async (written: string) => {
    const { config, errors } = await reading(folder, 'guerdon.yaml', good.replace('grpo', written))
    return config?.credit.name ?? errors
  }
  assert.equal(await named('whiten(pure(form=strict, steps=reward))'), 'whiten(pure)')
  assert.equal(await named('withinSuccess(whiten(prime(advantage=grpo)), low=0.1)'), 'withinSuccess(whiten(prime))')
  assert.equal(await named('{ name: thr, credit: grpo, p: -0.1, tau: { keep: 0.2 } }'), 'thr(grpo)')
  assert.equal(await named('nthr(rloo, eta=0)'), 'nthr(rloo)')
  assert.equal(await named('oreal(weights=none, part=answer)'), 'oreal')
  assert.match(String(await named('pure(form=least)')), /credit\.form: expected "min" or "strict"/)
})

test('each thing wrong is a line with the file, the key, what was expected and what was found', async (t) => {
  const folder = tempFolder(t)
  const wrong = async (from: string, to: string) =>
    (await reading(folder, 'guerdon.yaml', good.replace(from, to))).errors
  assert.deepEqual(await wrong('every: 2', 'every: often'), [
    'guerdon.yaml: evaluation.every: expected a whole number, got "often" (line 9)',
  ])
  assert.deepEqual(await wrong('every: 2', 'every: 0'), [
    'guerdon.yaml: evaluation.every: expected a whole number of at least 1, got 0 (line 9)',
  ])
  assert.deepEqual(await wrong('steps: 5\n', ''), ['guerdon.yaml: steps: expected a whole number, got nothing'])
  assert.match(
    (await wrong('steps: 5', 'stesp: 5'))[1],
    /^guerdon\.yaml: stesp: unknown key; did you mean 'steps'\? \(there are: policy, .*\) \(line 6\)$/,
  )
  assert.match(
    (await wrong('prompts: 20', 'promts: 20')).join('\n'),
    /evaluation\.promts: unknown key; did you mean 'prompts'\?/,
  )
  assert.match(
    (await wrong('credit: grpo', 'credit: gpro'))[0],
    /^guerdon\.yaml: credit: unknown credit 'gpro'; did you mean 'grpo'\? \(there are: grpo, /,
  )
  assert.match(
    (await wrong('name: addition', 'name: adition'))[0],
    /^guerdon\.yaml: task\.name: unknown task 'adition'; did you mean 'addition'\? .* \(line 3\)$/,
  )
  assert.match((await wrong('digits: [1, 2]', 'digits: 40'))[0], /^guerdon\.yaml: task: digits is 40$/)
  assert.match(
    (await wrong('digits: [1, 2]', 'digts: 2'))[0],
    /^guerdon\.yaml: task\.digts: unknown key; did you mean 'digits'\?/,
  )
  assert.deepEqual(await wrong('size: 0.2M', 'size: 2M'), [
    'guerdon.yaml: policy.nano.size: expected "0.2M" or "1M" or "3M", got "2M" (line 2)',
  ])
  assert.match((await wrong('high: 0.28', 'high: -1'))[0], /objective\.high: expected a number above 0, got -1/)
  assert.match((await wrong('steps: 5', 'steps: 5\nsteps: 6'))[0], /^guerdon\.yaml:7: Map keys must be unique/)
  assert.match((await wrong('steps: 5', 'steps: [5'))[0], /^guerdon\.yaml:\d+: /)
  const all = await reading(folder, 'guerdon.yaml', 'policy: 3\ntask: { dataFile: x.jsonl }\n')
  assert.deepEqual(all.errors, [
    'guerdon.yaml: policy: expected an object, got 3 (line 1)',
    'guerdon.yaml: task.prompt: expected a text, got nothing',
    "guerdon.yaml: credit: expected the name of a credit or an object with a 'name', got nothing",
    "guerdon.yaml: objective: expected the name of an objective or an object with a 'name', got nothing",
    'guerdon.yaml: steps: expected a whole number, got nothing',
  ])
})

test('flags change what the file says, and an error names the flag', async (t) => {
  const folder = tempFolder(t)
  const set = (...texts: string[]) => reading(folder, 'a.yaml', good, texts.map(setOverride))
  const { config } = await set('adam.learningRate=3e-4', 'credit={ name: rloo }', 'evaluation.every=7', 'folder=runs/x')
  assert.deepEqual(config?.adam, { learningRate: 3e-4, clipNorm: 1 })
  assert.deepEqual(
    [config?.credit.name, config?.evaluation, config?.folder],
    ['rloo', { prompts: 20, every: 7 }, 'runs/x'],
  )
  assert.deepEqual((await set('evaluation.every=often')).errors, [
    '--set evaluation.every: expected a whole number, got "often"',
  ])
  assert.match(
    (await set('evaluation.evry=3')).errors[0],
    /^--set evaluation\.evry: unknown key; did you mean 'every'\?/,
  )
  assert.match((await set('credit.name=rloo')).errors[0], /^--set credit\.name: there is no 'name' within "grpo"/)
  assert.throws(() => setOverride('steps'), /--set: expected key\.path=value, got 'steps'/)
})

test('a module gives parts made in code; what they are made of is not for flags', async (t) => {
  const folder = tempFolder(t)
  const module = `
    import { grpo } from ${JSON.stringify(new URL('../../src/credit/grpo.ts', import.meta.url).href)}
    const known: number = 3
    export default { policy: { nano: { size: '0.2M' } }, task: 'sorting', credit: grpo(), objective: 'cispo', steps: known }
  `
  const { config } = await reading(folder, 'a.ts', module, [setOverride('steps=9')])
  assert.deepEqual([config?.credit.name, config?.steps], ['grpo', 9])
  const touched = await reading(folder, 'a.ts', module, [setOverride('credit.epsilon=1')])
  assert.match(touched.errors[0], /^--set credit\.epsilon: 'epsilon' cannot be set in what a\.ts made in code/)
  assert.match((await reading(folder, 'b.ts', 'export const x = 1')).errors[0], /^b\.ts: it has no default export/)
  assert.match(
    (await reading(folder, 'c.ts', 'const x = 1\n\nthrow new Error("boom")')).errors[0],
    /^c\.ts:3:7: it could not be loaded: boom/,
  )
  assert.match((await reading(folder, 'd.toml', '')).errors[0], /^d\.toml: a configuration does not end in '\.toml'/)
  await assert.rejects(readTrainConfig(join(folder, 'gone.yaml'), []), /gone\.yaml: there is no such file/)
})
