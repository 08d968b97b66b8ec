/** The Python package against the real server: what trainers would call, with what they would send. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { start } from './start.ts'

const run = promisify(execFile)
const folder = join(import.meta.dirname, '..', '..', 'python')
const there = await run('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 9))']).then(
  () => true,
  () => false,
)
const skip = there ? false : 'there is no Python 3.9 or newer'

const server = await start({ after }, 'exact', { keys: [{ name: 'trainer', key: 'a long key' }] })

/** Runs Python that prints one line of JSON. */
async function python(code: string, env: NodeJS.ProcessEnv = {}): Promise<ReturnType<typeof JSON.parse>> {
  const all = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore', ...env }
  const { stdout } = await run('python3', ['-c', `import json\nfrom guerdon_reward import *\n${code}`], { env: all })
  return JSON.parse(stdout)
}
const key = { GUERDON_API_KEY: 'a long key' }

test('a reward function of TRL: None where there is no reward, whatever else TRL hands over', { skip }, async () => {
  const found = await python(
    `
reward = trl_reward("${server.url}", reference="answer", batch=3)
logged = {}
n = 10
rewards = reward(
    prompts=["p%d" % (i // 2) for i in range(n)],
    completions=[[{"role": "assistant", "content": str(i)}] for i in range(n)],
    completion_ids=[[1, 2]] * n, trainer_state=object(), environments=[object()] * n,
    log_extra=lambda *a: None, log_metric=lambda name, value: logged.update({name: value}),
    answer=[None if i == 4 else str(i if i % 2 else -1) for i in range(n)], level=[1.0] * n,
)
print(json.dumps({"rewards": rewards, "logged": logged, "name": reward.__name__}))`,
    key,
  )
  assert.deepEqual(found.rewards, [-1, 1, -1, 1, null, 1, -1, 1, -1, 1])
  assert.deepEqual(found.logged, { 'guerdon_reward/unscored': 0.1 })
  assert.equal(found.name, 'guerdon_reward')
})

test('a compute_score of veRL, for one sample and for a batch: the same keys for all', { skip }, async () => {
  const found = await python(
    `
url = "${server.url}".replace("://", "://any:a%20long%20key@")
class Array:
    def tolist(self): return [1, float("nan")]
score = verl_compute_score(url, parts=["length"])
scores = verl_compute_scores(url, batch=2, unscored=-9)
one = [score(data_source="gsm8k", solution_str=text, ground_truth=truth, extra_info={"index": 3, "odd": Array()}, extra=1)
       for text, truth in [("72", "72"), ("7", "72"), ("7", None)]]
many = scores(data_sources=["a"] * 5, solution_strs=list("12345"), ground_truths=["1", "x", "3", "x", None], extra_infos=[{}] * 5)
try:
    verl_compute_score(url, unscored="raise")("a", "b", None)
    raised = False
except RewardServerError:
    raised = True
print(json.dumps({"one": one, "many": many, "raised": raised}))`,
  )
  assert.deepEqual(found.one, [
    { length: 2, score: 1, unscored: 0 },
    { length: 1, score: -1, unscored: 0 },
    { length: 0, score: -1, unscored: 1 },
  ])
  assert.deepEqual(
    found.many.map(({ score }: { score: number }) => score),
    [1, -1, 1, -1, -9],
  )
  assert.equal(found.raised, true)
})

test('overloaded, broken and closed connections are tried again; a wrong request or key is not', {
  skip,
}, async (t) => {
  let asked = 0
  const flaky = createServer((incoming, outgoing) => {
    asked++
    incoming.resume().on('end', () => {
      if (asked === 1) outgoing.writeHead(503, { 'retry-after': '0' }).end('{}')
      else if (asked === 2) incoming.socket.destroy()
      else if (asked === 3) outgoing.writeHead(500).end('no JSON')
      else outgoing.end('{"rewards":[1],"parts":{},"unscored":[]}')
    })
  })
  await new Promise<void>((resolve) => flaky.listen(0, '127.0.0.1', resolve))
  t.after(() => flaky.close())
  const address = flaky.address()
  assert.ok(typeof address === 'object' && address !== null)
  assert.deepEqual(
    await python(`print(json.dumps(trl_reward("http://127.0.0.1:${address.port}")(prompts=["a"], completions=["b"])))`),
    [1],
  )
  assert.equal(asked, 4)
  const failure = (code: string) =>
    python(`
import time
began = time.monotonic()
try:
    ${code}
    print(json.dumps("no error"))
except RewardServerError as error:
    print(json.dumps([str(error), time.monotonic() - began < 5]))`)
  const [noKey, soon] = await failure(`RewardServer("${server.url}", retries=9).post("/trl", {})`)
  assert.match(noKey, /401 an API key is needed/)
  assert.ok(soon)
  const [wrong] = await failure(`RewardServer("${server.url}", key="a long key", retries=9).post("/trl", {})`)
  assert.match(wrong, /400 prompts: expected a list/)
  const [away] = await failure(`RewardServer("http://127.0.0.1:1", retries=1).post("/trl", {})`)
  assert.match(away, /Connection ?Refused/i)
})
