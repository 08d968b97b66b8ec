/** HumanEval (OpenAI, MIT): all reference solutions pass, and solutions that are broken on purpose fail for that reason. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import { codeTests } from '../../src/rewards/codeTests.ts'

const path = new URL('../../../shared/data/humaneval/HumanEval.jsonl.gz', import.meta.url)
const absent = existsSync(path) ? {} : { skip: `${path.pathname} is not there` }

const row = z.object({
  task_id: z.string(),
  prompt: z.string(),
  entry_point: z.string(),
  canonical_solution: z.string(),
  test: z.string(),
})
type Row = z.infer<typeof row>

const problems: readonly Row[] = existsSync(path)
  ? gunzipSync(readFileSync(path))
      .toString()
      .trim()
      .split('\n')
      .map((line) => row.parse(JSON.parse(line)))
  : []

const reward = codeTests({ workers: 2, limits: { seconds: 20 } })
const hasty = codeTests({ workers: 2, limits: { seconds: 1 } })
after(() => {
  reward[Symbol.dispose]()
  hasty[Symbol.dispose]()
})

/** The first line of each verdict: 'passed', or the reason; for what was not scored, why. */
async function verdicts(rows: readonly Row[], completion: (problem: Row) => string, judge = reward): Promise<string[]> {
  const samples = rows.map((problem) => ({
    prompt: userPrompt(problem.task_id, problem.prompt, problem),
    completion: { text: completion(problem), finish: 'stop' as const },
  }))
  const scores = await judge.score(samples)
  return scores.map((score) => {
    if (score.kind === 'unscored') return `unscored: ${score.reason}`
    return score.value === 1 ? 'passed' : (score.feedback ?? '').split('\n')[0]
  })
}

const count = (reasons: readonly string[]) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(reasons, (reason) => reason)).map(([reason, all]) => [reason, all?.length]),
  )

test('all 164 reference solutions pass, as bodies and as whole programs in a fence', absent, async () => {
  assert.deepEqual(count(await verdicts(problems, (problem) => problem.canonical_solution)), { passed: 164 })
  const fenced = await verdicts(
    problems,
    ({ prompt, canonical_solution }) => `So:\n\`\`\`python\n${prompt}${canonical_solution}\`\`\``,
  )
  assert.deepEqual(count(fenced), { passed: 164 })
})

test('broken solutions fail, each for its reason', absent, async () => {
  const some = random(1).shuffle(problems).slice(0, 40)
  const nothing = await verdicts(some, () => '    return None\n')
  assert.ok(nothing.every((reason) => reason === 'wrong answer' || reason === 'exception'))
  const broken: [string, (body: string) => string][] = [
    ['exception', (body) => `    undefined_name\n${body}`],
    ['syntax error', (body) => `${body}    return )\n`],
    ['memory', (body) => `    x = [0] * 10**9\n${body}`],
    ['output limit', (body) => `    while True: print('x' * 1000)\n${body}`],
    ['crash', (body) => `    import os; os._exit(0)\n${body}`],
  ]
  for (const [reason, breaking] of broken) {
    const few = some.slice(0, reason === 'crash' ? 4 : 20)
    const got = await verdicts(few, ({ canonical_solution }) => breaking(canonical_solution))
    assert.deepEqual(count(got), { [reason]: few.length })
  }
  const loops = await verdicts(
    some.slice(0, 6),
    ({ canonical_solution }) => `    while True: pass\n${canonical_solution}`,
    hasty,
  )
  assert.deepEqual(count(loops), { timeout: 6 })
})

test('small changes to the solutions are noticed', absent, async () => {
  const changes: [RegExp, string][] = [
    [/ \+ 1\b/, ' + 2'],
    [/ < /, ' > '],
    [/ == /, ' != '],
    [/\breturn (.+)/, 'return not ($1)'],
    [/\brange\(/, 'range(1, 1 + '],
  ]
  const mutants = problems.flatMap((problem) =>
    changes
      .filter(([pattern]) => pattern.test(problem.canonical_solution))
      .map((change) => ({ ...problem, canonical_solution: problem.canonical_solution.replace(...change) })),
  )
  const got = await verdicts(mutants, (problem) => problem.canonical_solution, hasty)
  assert.equal(mutants.length, 325)
  // Recorded from CPython 3.11 in a plain subprocess: the same 15 get past HumanEval's tests there.
  assert.equal(got.filter((reason) => reason === 'passed').length, 15)
  const reasons = ['passed', 'wrong answer', 'exception', 'timeout', 'memory']
  assert.ok(
    got.every((reason) => reasons.includes(reason)),
    JSON.stringify(count(got)),
  )
})
