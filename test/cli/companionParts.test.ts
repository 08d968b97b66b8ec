/** Companions named in YAML: what is refused at which key, what their models start as, and short runs of PRIME and OREAL. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkCompanions, openCompanions } from '../../src/cli/companionParts.ts'
import { readTrainConfig } from '../../src/cli/trainConfig.ts'
import { GuerdonError } from '../../src/data/error.ts'
import type { Group } from '../../src/data/rollout.ts'
import { nano } from '../../src/policy/local/local.ts'
import { addition } from '../../src/tasks/addition.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'
import { collect } from '../../src/train/collect.ts'
import { guerdon, jsonOf, tempFolder } from './cli.ts'

const yaml = (credit: string, companions: string) => `policy:
  nano: { size: 0.2M, context: 24 }
task: { name: addition, digits: 1 }
credit: ${credit}
objective: clipped
companions: ${companions}
warmup: { steps: 20, batch: 16 }
prompts: 4
groupSize: 4
steps: 3
maxTokens: 4
`

async function reading(folder: string, credit: string, companions: string) {
  const file = join(folder, 'guerdon.yaml')
  writeFileSync(file, yaml(credit, companions))
  return readTrainConfig(file, []).catch((thrown: unknown) => {
    assert.ok(thrown instanceof GuerdonError, String(thrown))
    return thrown.message.replaceAll(`${folder}/`, '').split('\n')
  })
}

const task = addition({ digits: 1 })
const policyOf = (seed: number, alphabet = task.alphabet) =>
  nano('0.2M', characterTokenizer(alphabet), { seed, context: 24, threads: 1 })

async function answers(): Promise<{ groups: Group[]; sequences: Group['rollouts'][number]['sequence'][] }> {
  const policy = policyOf(3)
  const prompts = [...task.prompts(1).take(4)]
  const groups = await collect(prompts, {
    policy,
    reward: { name: 'digit', score: async (samples) => samples.map((_, i) => ({ kind: 'scored', value: i % 2 })) },
    groupSize: 4,
    sampling: { maxTokens: 4, seed: 1 },
  })
  await policy.close()
  return { groups, sequences: groups.flatMap(({ rollouts }) => rollouts.map(({ sequence }) => sequence)) }
}

test('what is wrong with a companion is said at its key', async (t) => {
  const folder = tempFolder(t)
  const wrong = (companions: string) => reading(folder, 'prime', companions)
  assert.deepEqual(await wrong('[{ name: implicitReward, beta: -1 }]'), [
    'guerdon.yaml: companions.0.beta: expected a number above 0, got -1 (line 6)',
  ])
  assert.match(
    String(await wrong('[implicitReward, { name: critic, epoch: 2 }]')),
    /companions\.1\.epoch: unknown key; did you mean 'epochs'\?/,
  )
  assert.match(
    String(await wrong('[implicitRewards]')),
    /companions\.0: unknown companion 'implicitRewards'; did you mean 'implicitReward'\? \(there are: implicitReward, tokenRewardModel, critic\)/,
  )
  assert.match(
    String(await wrong('[{ name: implicitReward, adam: { learningRate: 0 } }]')),
    /companions\.0\.adam\.learningRate: expected a number above 0, got 0/,
  )
  assert.match(String(await wrong('implicitReward')), /companions: expected a list, got "implicitReward"/)
})

test('a credit without its companion, and two companions for one readout, are refused', async (t) => {
  const folder = tempFolder(t)
  const checked = async (credit: string, companions: string) => {
    const config = await reading(folder, credit, companions)
    assert.ok('companions' in config)
    checkCompanions(config, 'guerdon.yaml')
  }
  await assert.rejects(
    checked('whiten(prime)', '[critic]'),
    /guerdon\.yaml: credit: whiten\(prime\) needs a reward for each token, which nothing here gives.*companions: \[implicitReward\]/s,
  )
  await assert.rejects(
    checked('oreal', '[]'),
    /credit: oreal needs a value for each token.*\[tokenRewardModel\] for oreal/s,
  )
  await assert.rejects(
    checked('oreal', '[critic, tokenRewardModel]'),
    /guerdon\.yaml: companions: 'values' of each token are given by critic and by tokenRewardModel/,
  )
  await checked('oreal(weights=none)', '[]')
  await checked('prime(advantage=gae)', '[critic, implicitReward]')
})

test('without a model of its own a companion starts as the policy is; what it learned is measured from there after a resume too', async (t) => {
  const folder = tempFolder(t)
  const config = await reading(folder, 'prime', '[{ name: implicitReward, adam: { learningRate: 0.01 } }, critic]')
  assert.ok('companions' in config)
  const policy = policyOf(7)
  const { groups, sequences } = await answers()
  const open = () => openCompanions(config.companions ?? [], policy, 1, {})
  const ratios = async (opened: Awaited<ReturnType<typeof open>>) =>
    (await opened.companions[0].forward(sequences, ['processRewards'])).map(({ processRewards }) => processRewards)
  const first = await open()
  assert.ok((await ratios(first)).every((each) => each?.every((q) => q === 0)))
  const [{ values }] = await first.companions[1].forward(sequences, ['values'])
  assert.ok(values?.some((value) => value !== 0))
  await first.companions[0].learn({ groups, outputs: [], advantages: [] })
  const learned = await ratios(first)
  assert.ok(learned.some((each) => each?.some((q) => Math.abs(q) > 0.01)))
  await first.companions[0].save(join(folder, 'implicitReward'))
  await first[Symbol.asyncDispose]()

  const second = await open()
  await second.companions[0].load(join(folder, 'implicitReward'))
  assert.deepEqual(await ratios(second), learned)
  await second[Symbol.asyncDispose]()
  await policy.close()
})

test('a companion learns with a model that is named, measured from the policy where that is asked', async (t) => {
  const folder = tempFolder(t)
  const [policy, other, stranger] = [policyOf(7), policyOf(8), policyOf(8, `${task.alphabet}%`)]
  await other.save(join(folder, 'other'))
  await stranger.save(join(folder, 'stranger'))
  const config = await reading(
    folder,
    'rto(gae, scale=0.2)',
    '[{ name: implicitReward, model: other, reference: policy, update: never }, { name: critic, model: other }]',
  )
  assert.ok('companions' in config)
  const { sequences } = await answers()
  await using opened = await openCompanions(config.companions ?? [], policy, 1, {})
  const [own, from, given] = await Promise.all([
    other.forward(sequences, ['logprobs']),
    policy.forward(sequences, ['logprobs']),
    opened.companions[0].forward(sequences, ['processRewards']),
  ])
  given.forEach(({ processRewards }, i) => {
    processRewards?.forEach((q, t) => {
      const ratio = (own[i].logprobs?.[t] ?? Number.NaN) - (from[i].logprobs?.[t] ?? Number.NaN)
      assert.ok(Math.abs(q - ratio) < 1e-5, `${q}, not ${ratio}`)
    })
  })
  const [{ values }] = await opened.companions[1].forward(sequences, ['values'])
  assert.equal(values?.length, given[0].processRewards?.length)
  const alien = await reading(folder, 'prime', '[{ name: implicitReward, model: stranger }]')
  assert.ok('companions' in alien)
  await assert.rejects(
    openCompanions(alien.companions ?? [], policy, 1, {}),
    /companions: implicitReward: the tokens of .*stranger are not those of the policy/,
  )
  await Promise.all([policy, other, stranger].map((each) => each.close()))
})

test('PRIME and OREAL train from YAML, their second models beside them', async (t) => {
  const folder = tempFolder(t)
  const trained = async (name: string, credit: string, companions: string) => {
    writeFileSync(join(folder, `${name}.yaml`), yaml(credit, companions))
    const ended = await guerdon(folder, 'train', `${name}.yaml`, '--folder', name, '--json')
    assert.equal(ended.code, 0, ended.stderr)
    return jsonOf(ended).metrics
  }
  const prime = await trained('prime', 'whiten(prime)', '[implicitReward(beta=0.2)]')
  assert.ok(prime['prime/largestReturn'] > 0, 'the second model has learned by the third step')
  assert.ok(prime['implicitReward/gradientNorm'] > 0)
  const oreal = await trained('oreal', 'oreal(select=all)', '[tokenRewardModel]')
  assert.ok(oreal['tokenRewardModel/gradientNorm'] > 0)
  for (const [run, companion] of [
    ['prime', 'implicitReward'],
    ['oreal', 'tokenRewardModel'],
  ]) {
    const checkpoint = join(folder, run, 'checkpoints', 'step-000003')
    assert.ok(existsSync(join(checkpoint, companion, 'model.safetensors')))
    const { config } = JSON.parse(readFileSync(join(folder, run, 'config.json'), 'utf8'))
    assert.deepEqual(config.companions, [companion])
  }
})
