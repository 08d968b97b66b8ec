import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import { type Browser, chromium } from 'playwright-core'

const places = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** An installed Chromium, closed when the test is over; without one the test is skipped and undefined comes back. */
export async function installedBrowser(t: TestContext): Promise<Browser | undefined> {
  const executablePath = places.find((path) => path !== '' && existsSync(path))
  if (executablePath === undefined) {
    t.skip('no Chromium here: install one, or name it in CHROMIUM')
    return undefined
  }
  const browser = await chromium.launch({ executablePath, headless: true, args: flags })
  t.after(() => browser.close())
  return browser
}
