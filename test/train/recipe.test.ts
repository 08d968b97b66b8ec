import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  type ArmResult,
  type ArmRun,
  pairedT,
  type Recipe,
  recipe,
  runRecipe,
  sampleDeviation,
} from '../../src/train/recipe.ts'
import { tempFolder } from '../runs/tempFolder.ts'

/** Two arms that are known beforehand; `calls` says what was run. */
function known(calls: string[], settings: Recipe['settings'] = { steps: 3 }): Recipe<{ readonly base: number }> {
  const arm =
    (name: string, gain: number) =>
    async ({ base }: { readonly base: number }, seed: number): Promise<ArmRun> => {
      calls.push(`${name} ${seed}`)
      return {
        value: base + gain,
        curves: { Accuracy: { steps: [1, 2], values: [base, seed === 2 ? Number.NaN : base + gain] } },
        extra: { 'best step': gain === 0 ? Number.POSITIVE_INFINITY : seed },
      }
    }
  return recipe({
    number: 99,
    title: 'A known difference',
    paper: 'none',
    claim: 'More is more.',
    measure: 'The number',
    seeds: [1, 2, 3],
    settings,
    async prepare(seed) {
      calls.push(`prepare ${seed}`)
      return { base: seed ** 2 }
    },
    arms: { plain: arm('plain', 0), better: arm('better', 0.5) },
    verdict: ({ better, plain }) => {
      const { difference, t } = pairedT(better, plain)
      return { holds: difference > 0 ? 'yes' : 'no', because: `better by ${difference}, t ${t}` }
    },
  })
}

test('every arm is run with every seed, from one start a seed, and the verdict stands on all of them', async (t) => {
  const folder = join(tempFolder(t), 'recipe')
  const calls: string[] = []
  const progress: string[] = []
  const result = await runRecipe(known(calls), {
    folder,
    onProgress: ({ arm, seed, done, of, run }) =>
      progress.push(`${arm} ${seed} ${done}/${of} ${run?.value ?? ''}`.trim()),
  })
  assert.deepEqual(
    calls,
    [1, 2, 3].flatMap((seed) => [`prepare ${seed}`, `plain ${seed}`, `better ${seed}`]),
  )
  assert.deepEqual(progress.slice(0, 4), ['plain 1 0/6', 'plain 1 1/6 1', 'better 1 1/6', 'better 1 2/6 1.5'])
  const { plain, better } = result.arms
  assert.deepEqual([plain.mean, plain.n, better.mean], [14 / 3, 3, 14 / 3 + 0.5])
  assert.ok(Math.abs(plain.sd - Math.sqrt(49 / 3)) < 1e-12)
  assert.deepEqual([result.holds, result.because, result.complete], ['yes', 'better by 0.5, t Infinity', true])
  const page = readFileSync(result.report, 'utf8')
  assert.equal(result.report, join(folder, 'report.html'))
  for (const text of ['A known difference', 'More is more.', 'better by 0.5', 'Accuracy'])
    assert.ok(page.includes(text), text)
})

test('an interrupted recipe goes on where it was, and ends as an unbroken one', async (t) => {
  const [folder, unbroken] = [tempFolder(t), tempFolder(t)]
  const calls: string[] = []
  const stop = new AbortController()
  const first = await runRecipe(known(calls), {
    folder,
    signal: stop.signal,
    onProgress: ({ done }) => done === 3 && stop.abort(),
  })
  assert.deepEqual([first.complete, first.holds], [false, 'mixed'])
  assert.match(first.because, /stopped after 3 of 6 runs: the same command goes on/)
  assert.deepEqual([first.arms.plain.n, first.arms.better.n], [2, 1])
  assert.ok(existsSync(first.report))
  // A kill in the middle of a line.
  appendFileSync(join(folder, 'results.jsonl'), '{"arm":"better","se')
  calls.length = 0
  const second = await runRecipe(known(calls), { folder })
  assert.deepEqual(calls, ['prepare 2', 'better 2', 'prepare 3', 'plain 3', 'better 3'])
  const whole = await runRecipe(known([]), { folder: unbroken })
  const { seconds: _, report, ...found } = second
  const { seconds: __, report: ___, ...expected } = whole
  assert.deepEqual(found, expected)
  assert.ok(Number.isNaN(found.arms.better.runs[1].curves?.Accuracy.values[1]))
  assert.equal(readFileSync(report, 'utf8'), readFileSync(whole.report, 'utf8'))

  calls.length = 0
  await runRecipe(known(calls), { folder })
  assert.deepEqual(calls, [], 'nothing is left to do')
  await runRecipe(known(calls), { folder, seeds: [3, 4] })
  assert.deepEqual(calls, ['prepare 4', 'plain 4', 'better 4'], 'a further seed')
  calls.length = 0
  await runRecipe(known(calls, { steps: 4 }), { folder, seeds: [1] })
  assert.deepEqual(calls, ['prepare 1', 'plain 1', 'better 1'], 'other settings')
})

test('pictures of tokens are drawn from the first seed’s start; their text is escaped, their shades are each arm’s own', async (t) => {
  const calls: string[] = []
  const drawn = { ...known(calls), number: undefined }
  const values = { plain: [2, -1], better: [0, 50] }
  const result = await runRecipe(
    {
      ...drawn,
      pictures: async ({ base }, seed) => [
        {
          title: `from ${base} of seed ${seed}`,
          tokens: ['<b>', 'x'],
          rows: Object.entries(values).map(([name, list]) => ({ name, values: list })),
        },
      ],
    },
    { folder: tempFolder(t), seeds: [3, 4] },
  )
  assert.equal('recipe' in result, false)
  assert.equal(calls.at(-1), 'prepare 3')
  const page = readFileSync(result.report, 'utf8')
  assert.ok(page.includes('from 9 of seed 3'))
  const shades = [...page.matchAll(/<span class="token (\w+) k(\d+)" title="([^"]+)">([^<]+)<\/span>/g)].map(
    ([, side, strength, title, text]) => [side, strength, title, text],
  )
  assert.deepEqual(shades, [
    ['up', '10', '2', '&#60;b&#62;'],
    ['down', '5', '−1', 'x'],
    ['none', '0', '0', '&#60;b&#62;'],
    ['up', '10', '50', 'x'],
  ])
  assert.ok(page.includes('best step'), 'further numbers have a column')
})

test('an arm that fails loses its own run alone', async (t) => {
  const folder = tempFolder(t)
  const calls: string[] = []
  const broken = known(calls)
  const failing = { ...broken, arms: { ...broken.arms, better: () => Promise.reject(new Error('out of memory')) } }
  await assert.rejects(runRecipe(failing, { folder }), /out of memory/)
  calls.length = 0
  const { complete } = await runRecipe(broken, { folder, seeds: [1] })
  assert.deepEqual([calls, complete], [['prepare 1', 'better 1'], true])
})

const result = (values: readonly number[]): ArmResult => ({
  name: '',
  mean: Number.NaN,
  sd: Number.NaN,
  n: values.length,
  runs: values.map((value) => ({ value })),
})

test("the spread and the paired t are those of the textbook's formulas", () => {
  assert.equal(sampleDeviation([2, 4, 4, 4, 5, 5, 7, 9]), Math.sqrt(32 / 7))
  assert.deepEqual([sampleDeviation([5]), sampleDeviation([])], [0, 0])
  // Differences 2, 3, 1: mean 2, deviation 1, so t = 2 / (1 / sqrt 3).
  const { difference, t } = pairedT(result([3, 5, 7]), result([1, 2, 6]))
  assert.equal(difference, 2)
  assert.ok(Math.abs(t - 2 * Math.sqrt(3)) < 1e-12)
  // Student's sleep data (1908), drug 2 against drug 1: t = 4.0621 with 9 degrees of freedom.
  const drug1 = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
  const drug2 = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
  assert.ok(Math.abs(pairedT(result(drug2), result(drug1)).t - 4.0621) < 5e-5)
  assert.deepEqual(pairedT(result([1, 2]), result([1, 2])), { difference: 0, t: 0 })
  assert.deepEqual(pairedT(result([1, 2]), result([2, 3])), { difference: -1, t: Number.NEGATIVE_INFINITY })
  assert.deepEqual(pairedT(result([2]), result([1])), { difference: 1, t: Number.NaN })
})

test('what a seed opened is closed after its arms, also after one that throws', async (t) => {
  const calls: string[] = []
  const closing: Recipe<{ readonly base: number }> = {
    ...known(calls),
    seeds: [1],
    close: async ({ base }) => void calls.push(`close ${base}`),
  }
  await runRecipe(closing, { folder: join(tempFolder(t), 'whole') })
  assert.deepEqual(calls, ['prepare 1', 'plain 1', 'better 1', 'close 1'])
  calls.length = 0
  const broken = {
    ...closing,
    arms: {
      plain: async () => {
        throw new Error('no memory')
      },
    },
  }
  await assert.rejects(runRecipe(broken, { folder: join(tempFolder(t), 'broken') }), /no memory/)
  assert.deepEqual(calls, ['prepare 1', 'close 1'])
})
