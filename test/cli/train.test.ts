import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { guerdon, jsonOf, start, tempFolder } from './cli.ts'

/** Small and short: the loop, not the learning, is what is tried here. */
const yaml = `policy:
  nano: { size: 0.2M, context: 24 }
task: { name: addition, digits: 1 }
credit: grpo
objective: { name: clipped, kl: { coefficient: 0.1, estimator: k2 } }
warmup: { steps: 15, batch: 8 }
prompts: 2
groupSize: 4
steps: 12
maxTokens: 4
checkpointEvery: 5
evaluation: { prompts: 8, every: 4 }
`

/** The lines of metrics.jsonl without what depends on the clock. */
function metricsOf(folder: string): unknown[] {
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  return lines.map((line) => {
    const { time: _, ...rest } = JSON.parse(line)
    return rest
  })
}

/** Waits until a condition holds, as often as it takes. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setTimeout(5)
}

test('a TypeScript configuration trains: one line of JSON, and a folder with everything in it', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(
    join(folder, 'guerdon.config.ts'),
    `import { rloo } from 'guerdon/credit'
     import { cispo } from 'guerdon/objectives'
     import { defineReward } from 'guerdon/rewards'
     import { addition } from 'guerdon/tasks'
     import { defineConfig } from 'guerdon/train'
     export default defineConfig({
       policy: { nano: { size: '0.2M', context: 24 } },
       task: addition({ digits: 1 }),
       reward: defineReward('short', ({ completion }) => 1 / (1 + completion.text.length), { range: [0, 1] }),
       credit: rloo(),
       objective: cispo(),
       prompts: 2,
       groupSize: 3,
       steps: 100,
       maxTokens: 4,
     })`,
  )
  const ended = await guerdon(folder, 'train', 'guerdon.config.ts', '--steps', '3', '--seed', '5', '--json')
  assert.equal(ended.code, 0, ended.stderr)
  const result = jsonOf(ended)
  assert.deepEqual([result.step, result.stopped, result.folder], [3, 'steps', join('runs', 'addition-rloo')])
  assert.ok(result.rewardAfter > 0 && result.rewardAfter <= 1)
  for (const file of ['config.json', 'metrics.jsonl', 'rollouts.jsonl', 'report.html'])
    assert.ok(existsSync(join(folder, result.folder, file)), file)
  assert.ok(existsSync(join(folder, result.policy, 'model.safetensors')))
  const { seed, config } = JSON.parse(readFileSync(join(folder, result.folder, 'config.json'), 'utf8'))
  assert.deepEqual([seed, config.reward, config.steps], [5, 'short', 3])
  assert.equal(config.policy.nano.size, '0.2M')
  assert.match(ended.stderr, /rloo with cispo on addition: 3 steps of 2 prompts × 3 answers → runs/)

  const again = await guerdon(folder, 'train', 'guerdon.config.ts', '--steps', '2', '--folder', result.folder)
  assert.equal(again.code, 2)
  assert.match(again.stderr, /runs.addition-rloo: there is a run in this folder already/)
})

test('interrupted in the warm-up and in training, a run ends as an unbroken one does', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'addition.yaml'), yaml)
  const unbroken = guerdon(folder, 'train', 'addition.yaml', '--folder', 'unbroken')

  const first = start(folder, 'train', 'addition.yaml', '--folder', 'broken', '--set', 'prompts=2')
  const lockThere = () => existsSync(join(folder, 'broken', '.warmup'))
  await until(lockThere)
  first.child.kill('SIGINT')
  const inWarmUp = await first.ended
  assert.deepEqual([inWarmUp.code, inWarmUp.stdout], [130, ''], inWarmUp.stderr)
  const command = 'train addition.yaml --folder broken --set prompts=2 --resume'
  assert.match(inWarmUp.stderr, new RegExp(`go on with: node .*main\\.ts ${command}\n$`))
  assert.ok(!existsSync(join(folder, 'broken', 'metrics.jsonl')), 'training had not begun')

  const second = start(folder, ...command.split(' '))
  const metrics = join(folder, 'broken', 'metrics.jsonl')
  await until(() => existsSync(metrics) && readFileSync(metrics, 'utf8').includes('"step":2,'))
  second.child.kill('SIGINT')
  const inTraining = await second.ended
  assert.equal(inTraining.code, 130, inTraining.stderr)
  assert.match(inTraining.stderr, /finishing the step at hand, then a checkpoint \(Ctrl-C again to quit at once\)/)
  assert.match(inTraining.stderr, new RegExp(`${command}\n$`))
  assert.ok(metricsOf(join(folder, 'broken')).length < 16)

  const last = await guerdon(folder, ...command.split(' '))
  assert.equal(last.code, 0, last.stderr)
  assert.equal((await unbroken).code, 0)
  assert.deepEqual(metricsOf(join(folder, 'broken')), metricsOf(join(folder, 'unbroken')))
  const rollouts = (name: string) => readFileSync(join(folder, name, 'rollouts.jsonl'), 'utf8')
  assert.ok(rollouts('broken') === rollouts('unbroken'), 'rollouts.jsonl differs')
  const policy = (name: string) =>
    readFileSync(join(folder, name, 'checkpoints', 'step-000012', 'policy', 'model.safetensors'))
  assert.ok(policy('broken').equals(policy('unbroken')), 'the policies differ')
  assert.match(last.stdout, /accuracy, held out .*%[\s\S]*12 steps in [\s\S]*report: broken.report\.html/)
})

test('a second Ctrl-C quits at once', async (t) => {
  const folder = tempFolder(t)
  // One step that would take minutes: 64 prompts with long answers each.
  const long = yaml
    .replace('prompts: 2', 'prompts: 64')
    .replace('groupSize: 4', 'groupSize: 64')
    .replace(/warmup.*\n/, '')
  writeFileSync(
    join(folder, 'long.yaml'),
    long.replace('context: 24', 'context: 250').replace('maxTokens: 4', 'maxTokens: 240'),
  )
  const { child, ended } = start(folder, 'train', 'long.yaml', '--folder', 'run')
  let said = ''
  child.stderr.on('data', (text: string) => (said += text))
  const metrics = join(folder, 'run', 'metrics.jsonl')
  await until(() => existsSync(metrics) && readFileSync(metrics, 'utf8').includes('accuracy'))
  await setTimeout(300)
  child.kill('SIGINT')
  await until(() => said.includes('Ctrl-C again'))
  await setTimeout(250)
  child.kill('SIGINT')
  assert.equal((await ended).code, 130)
  assert.ok(!existsSync(join(folder, 'run', 'report.html')))
})

test('a data file with a reward of one’s own that hangs on some answers: it is killed and counted', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(
    join(folder, 'reward.ts'),
    `import { defineReward } from 'guerdon/rewards'
     export const reward = defineReward('hangs', ({ prompt, completion }) => {
       if (prompt.reference === 'hang') for (;;);
       return completion.text.length > 2
     })`,
  )
  const rows = ['aab', 'abb', 'hang'].map((answer) => ({ q: 'ab?', a: { text: answer } }))
  writeFileSync(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
  writeFileSync(
    join(folder, 'run.yaml'),
    `policy: { nano: { size: 0.2M, context: 16, alphabet: 'ab?' } }
task: { dataFile: data.jsonl, prompt: q, reference: a.text }
reward: { module: ./reward.ts, deadlineMs: 600, workers: 1 }
credit: grpo
objective: clipped
prompts: 3
groupSize: 2
steps: 2
maxTokens: 3
unscoredLimit: 0.4
`,
  )
  const ended = await guerdon(folder, 'train', 'run.yaml', '--folder', 'run', '--json')
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(jsonOf(ended).metrics['unscored/deadline'], 1 / 3)

  const [strict, bare] = await Promise.all([
    guerdon(folder, 'train', 'run.yaml', '--folder', 'strict', '--set', 'unscoredLimit=0.1'),
    guerdon(folder, 'train', 'run.yaml', '--folder', 'bare', '--set', 'reward=null'),
  ])
  assert.equal(strict.code, 1)
  assert.match(strict.stderr, /2 of 6 answers could not be scored.*\n.*2 at deadline: hangs: no answer within 600 ms/)
  assert.equal(bare.code, 2)
})

test('a configuration that is wrong ends with code 2 and its key', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'guerdon.yaml'), yaml.replace('every: 4', 'every: often'))
  const { code, stdout, stderr } = await guerdon(folder, 'train', 'guerdon.yaml')
  assert.deepEqual([code, stdout], [2, ''])
  assert.equal(stderr, 'error: guerdon.yaml: evaluation.every: expected a whole number, got "often" (line 12)\n')
})
