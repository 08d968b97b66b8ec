import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  flatten,
  guerdonVersion,
  type RunConfig,
  readRunConfig,
  resumedConfig,
  writeRunConfig,
} from '../../src/runs/runConfig.ts'
import { tempFolder } from './tempFolder.ts'

const base: RunConfig = {
  guerdon: '0.1.0',
  node: 'v24.0.0',
  seed: 1,
  started: '2026-01-31T12:00:00.000Z',
  resumed: [],
  config: {},
}

test('a config is read back as it was written', async (t) => {
  const folder = tempFolder(t)
  const config = {
    ...base,
    seed: 'a seed',
    config: { policy: { rank: 8 }, list: [1, 'two', null, { three: 3 }], on: true },
  }
  await writeRunConfig(folder, config)
  assert.deepEqual(await readRunConfig(folder), config)
})

test('secrets never reach the file, by name or by form; what only looks like one stays', async (t) => {
  const folder = tempFolder(t)
  const secrets = {
    apiKey: 'plain-word-1',
    nested: { api_key: 'plain-word-2', hfToken: 'plain-word-3', token: 'plain-word-4' },
    judges: [{ 'x-api-key': 'plain-word-5', headers: { Authorization: 'plain-word-6' } }],
    password: 'plain-word-7',
    clientSecret: 'plain-word-8',
    command: 'serve --key sk-abcdefghijklmnop1234 --hub hf_ABCDEFGHIJKLMNOPqrst',
    url: 'https://user:plain-word-9@example.org/v1',
    header: 'Bearer plain-word-10',
  }
  const harmless = {
    maxTokens: 128,
    stopToken: '</answer>',
    padToken: '<pad>',
    tokenizer: 'bpe',
    keys: 'a and b',
    monkey: 'banana',
    url: 'https://example.org:8080/v1',
    task: 'ask-me-anything-for-a-while',
  }
  await writeRunConfig(folder, { ...base, config: { secrets, harmless } })
  const text = readFileSync(join(folder, 'config.json'), 'utf8')
  assert.doesNotMatch(text, /plain-word|sk-abc|hf_ABC/)
  assert.deepEqual((await readRunConfig(folder)).config.harmless, harmless)
  assert.match(text, /serve --key \[secret\] --hub \[secret\]/)
  assert.match(text, /https:\/\/\[secret\]@example\.org\/v1/)
})

test('a resumption names the settings that changed; a secret that was left out did not change', () => {
  const before = { ...base, config: { steps: 100, policy: { rank: 8, apiKey: '[secret]' }, old: 1 } }
  const after = resumedConfig(before, { steps: 200, policy: { rank: 8, apiKey: 'plain' }, fresh: [1] }, 50, 'then')
  assert.deepEqual(after.resumed, [{ at: 'then', step: 50, changed: ['fresh', 'old', 'steps'] }])
  assert.equal(after.started, before.started)
})

test('settings flatten to dotted names', () => {
  assert.deepEqual(flatten({ a: { b: { c: 1 }, d: [1, 2] }, e: {}, f: null }), [
    ['a.b.c', 1],
    ['a.d', [1, 2]],
    ['e', {}],
    ['f', null],
  ])
})

test('a folder without a config, or with another kind of config.json, is no run', async (t) => {
  const folder = tempFolder(t)
  await assert.rejects(readRunConfig(folder), /config\.json: this is not the config of a run/)
  mkdirSync(join(folder, 'model'))
  writeFileSync(join(folder, 'model', 'config.json'), '{"hidden_size": 64}')
  await assert.rejects(readRunConfig(join(folder, 'model')), /seed/)
})

test("the version is the package's", async () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  assert.equal(await guerdonVersion(), manifest.version)
})
