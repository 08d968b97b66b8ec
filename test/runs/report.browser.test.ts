import assert from 'node:assert/strict'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Group } from '../../src/data/rollout.ts'
import { scored, unscored } from '../../src/data/score.ts'
import { writeComparisonReport } from '../../src/runs/comparisonReport.ts'
import { openRun } from '../../src/runs/run.ts'
import { installedBrowser } from '../browser.ts'
import { sampleGroup, sampleMetrics, tokenText } from './sampleRun.ts'
import { tempFolder } from './tempFolder.ts'

const attack = `</script><script>window.hacked = 1</script><img src="https://evil.invalid/x" onerror="window.hacked = 2"><!-- &lt;`

/** Opens a file in Chromium; fails the test on any console error, exception or request besides the file itself. */
async function opened(t: TestContext, file: string): Promise<Page | undefined> {
  const browser = await installedBrowser(t)
  if (browser === undefined) return undefined
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  const faults: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    if (!/^(file|data):/.test(request.url())) faults.push(`request to ${request.url()}`)
  })
  t.after(() => assert.deepEqual(faults, []))
  await page.goto(pathToFileURL(file).href)
  return page
}

const text = async (page: Page, selector: string) => (await page.locator(selector).first().textContent()) ?? ''

test('a run: curves with a read-out, smoothing, and rollouts to browse', async (t) => {
  const folder = join(tempFolder(t), 'apples')
  const run = await openRun(folder, { config: { steps: 30, credit: 'grpo' }, seed: 1 })
  const noise = random(1)
  for (let step = 0; step <= 30; step++) {
    await run.log(step, { ...sampleMetrics(step, 30, noise), loss: step === 7 ? 123 : 100 }, { seconds: 2 })
    if (step % 10 !== 0 || step === 0) continue
    const sampled = [0, 1].map((g) => sampleGroup(step, g, 3, 30))
    const advantages = sampled.map((one) => one.advantages)
    await run.rollouts(
      step,
      sampled.map(({ group }) => group),
      advantages,
      tokenText,
    )
  }
  await run.report({ task: 'Adding apples.', before: { accuracy: 0.2 }, after: { accuracy: 0.65 }, seconds: 61 })
  await run.close()
  const page = await opened(t, join(folder, 'report.html'))
  if (page === undefined) return

  assert.equal(await text(page, 'h1'), 'apples')
  assert.match(await text(page, '.tiles'), /65%from 20% before training/)
  assert.match(await text(page, 'tbody'), /Accuracy20%65%\+45 points/)
  const titles = await page.locator('.chart h3').allTextContents()
  for (const title of [
    'Reward',
    'Accuracy',
    'Completion length',
    'KL',
    'Entropy',
    'Gradient norm',
    'Unscored',
    'Loss',
  ]) {
    assert.ok(
      titles.some((found) => found.startsWith(title)),
      `a chart for ${title}`,
    )
  }
  assert.equal(await page.locator('.plot svg').count(), titles.length)
  assert.ok((await page.locator('.curve').count()) >= titles.length)

  // Hovering over one chart reads every chart out at that step.
  const loss = page.locator('.chart', { hasText: 'Loss' })
  assert.equal(await loss.locator('.value').textContent(), '100')
  await loss.locator('.plot').focus()
  await page.keyboard.press('Home')
  for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowRight')
  assert.equal(await loss.locator('.at').textContent(), 'step 7')
  assert.equal(await loss.locator('.value').textContent(), '123')
  assert.match((await loss.locator('.plot').getAttribute('aria-valuetext')) ?? '', /^step 7: mean 123$/)
  const reward = page.locator('.plot').first()
  await reward.scrollIntoViewIfNeeded()
  const box = await reward.boundingBox()
  assert.ok(box !== null)
  await page.mouse.move(box.x + box.width - 12, box.y + 80)
  assert.equal(await loss.locator('.at').textContent(), 'step 30')
  assert.equal(await reward.getAttribute('data-cursor'), 'on')

  const curve = async () => page.locator('.curve').first().getAttribute('d')
  const smoothed = await curve()
  await page.locator('#smoothing').fill('0')
  assert.notEqual(await curve(), smoothed)
  assert.equal(await page.locator('.raw').count(), 0, 'without smoothing there is one line a curve')

  // Rollouts: the last step first; back with the button; the other group; a token read out by pointer and by key.
  assert.equal(await text(page, '#step-name'), '30')
  await page.getByRole('button', { name: 'Earlier step' }).click()
  assert.equal(await text(page, '#step-name'), '20')
  const question = await text(page, '.prompt')
  await page.getByRole('button', { name: 'Group 2' }).click()
  assert.equal(await page.getByRole('button', { name: 'Group 2' }).getAttribute('aria-pressed'), 'true')
  assert.notEqual(await text(page, '.prompt'), question)
  assert.equal(await page.locator('.completion').count(), 3)
  const { group, advantages } = sampleGroup(20, 1, 3, 30)
  await page.locator('.completion').nth(1).locator('.token').nth(2).hover()
  const tip = await text(page, '.tip')
  assert.ok(tip.includes(JSON.stringify(tokenText(group.rollouts[1].sequence.tokens[5]))), tip)
  assert.ok(tip.replace('−', '-').includes(String(Number(advantages[1][2].toPrecision(3)))), tip)
  await page.locator('.tokens').first().focus()
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('ArrowRight')
  assert.match(await text(page, '.tip'), /token 2/)
  await page.locator('#step').fill('0')
  assert.equal(await text(page, '#step-name'), '10')

  // On a phone nothing is wider than the screen.
  await page.setViewportSize({ width: 375, height: 800 })
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 375)
})

test('what a model or a judge says is shown as text, whatever it says', async (t) => {
  const folder = join(tempFolder(t), 'hostile')
  const prompt = userPrompt(attack, attack, attack)
  const rollout = {
    sample: { prompt, completion: { text: attack, finish: 'stop' as const } },
    sequence: { tokens: Int32Array.from([1, 2, 3]), promptLength: 1 },
    logprobs: Float32Array.from([-1, Number.NaN]),
  }
  const group: Group = {
    prompt,
    rollouts: [rollout, rollout],
    scores: [scored(1, { parts: { [attack]: 1 }, feedback: attack }), unscored('judge', attack)],
  }
  const run = await openRun(folder, { config: { [attack]: attack }, seed: attack })
  await run.log(1, { [attack]: 1, [`family/${attack}`]: 2, 'family/x': 2 })
  await run.rollouts(1, [group], [[Float32Array.from([0.5, -0.5]), new Float32Array(2)]], () => attack)
  await run.report({ task: attack, after: { [attack]: 1 } })
  await run.close()
  const page = await opened(t, join(folder, 'report.html'))
  if (page === undefined) return
  assert.equal(await page.evaluate('window.hacked'), undefined)
  assert.equal(await page.locator('img').count(), 0)
  assert.equal(await page.locator('script').count(), 2)
  assert.equal(await text(page, '.lead'), attack)
  assert.equal(await text(page, '.message pre'), attack)
  assert.equal(await text(page, '.token'), attack)
  assert.equal(await page.locator('.completion').nth(0).locator('.note pre').first().textContent(), attack)
  assert.equal(await page.locator('.completion').nth(1).locator('.unscored pre').textContent(), attack)
  assert.equal(await page.locator('.completion').nth(0).locator('.parts dt').textContent(), attack)
  await page.locator('.token').first().hover()
  assert.ok((await text(page, '.tip')).includes('window.hacked'))
})

test('even markup that got into the page could neither run a script nor fetch anything', async (t) => {
  const folder = join(tempFolder(t), 'policy')
  const run = await openRun(folder, { config: {}, seed: 1 })
  await run.log(1, { reward: 1 })
  const file = await run.report()
  await run.close()
  const browser = await installedBrowser(t)
  if (browser === undefined) return
  const page = await browser.newPage()
  const fates: [url: string, fate: string][] = []
  page.on('requestfailed', (request) => void fates.push([request.url(), request.failure()?.errorText ?? '']))
  page.on('requestfinished', (request) => void fates.push([request.url(), 'finished']))
  await page.goto(pathToFileURL(file).href)
  await page.evaluate(`document.querySelector('main').insertAdjacentHTML('beforeend',
    '<img src="https://evil.invalid/x.png" onerror="window.hacked = 1"><p onclick="window.hacked = 2" id="bait">bait</p>')`)
  await page.locator('#bait').click()
  assert.equal(await page.evaluate('window.hacked'), undefined)
  const outside = fates.filter(([url]) => !/^(file|data):/.test(url))
  assert.deepEqual(outside, [['https://evil.invalid/x.png', 'csp']], 'asked for, and refused before it left the page')
})

test('a comparison: verdict, every arm with its numbers, curves with bands', async (t) => {
  const file = join(tempFolder(t), 'recipe.html')
  const steps = [0, 1, 2, 3]
  const curve = (name: string, top: number) => ({
    name,
    steps,
    mean: steps.map((s) => s * top),
    sd: steps.map(() => 0.1),
  })
  await writeComparisonReport(file, {
    title: 'A method',
    paper: 'A paper (2025)',
    claim: `It is better. ${attack}`,
    verdict: 'mixed',
    measure: 'Accuracy',
    format: 'share',
    arms: [
      { name: 'method', mean: 0.6, sd: 0.02, n: 3, values: [0.58, 0.6, 0.62] },
      { name: 'baseline', mean: 0.5, sd: Number.NaN, n: 1, values: [0.5] },
    ],
    curves: [
      { title: 'Reward', arms: [curve('baseline', 0.2), curve('method', 0.3)] },
      { title: 'Nothing measured', arms: [] },
    ],
    notes: ['Small.'],
    settings: { seeds: [1, 2, 3] },
  })
  const page = await opened(t, file)
  if (page === undefined) return
  assert.match(await text(page, '.verdict'), /mixed/)
  const rows = await page.locator('tbody tr').allInnerTexts()
  assert.match(rows[0], /method\s+60% ± 2%\s+3/)
  assert.match(rows[1], /baseline\s+50%\s+1/)
  assert.equal(await page.locator('.seed').count(), 4)
  assert.equal(await page.locator('.chart').count(), 1, 'a chart without curves is left out')
  assert.deepEqual(
    await page.locator('.legend li span').allTextContents(),
    ['method', 'baseline'],
    'in the order of the arms',
  )
  assert.equal(await page.locator('.band').count(), 2)
  assert.equal(await page.evaluate('window.hacked'), undefined)
  await page.setViewportSize({ width: 375, height: 800 })
  assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 375)
})
