/** Samples in, scores out, line by line, both at once. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { post, start } from './start.ts'

const server = await start({ after }, 'hostile', { workers: 1, inFlight: 8, queueLimit: 8, bodyBytes: 1 << 20 })

async function stream(body: string): Promise<ReturnType<typeof JSON.parse>[]> {
  const response = await fetch(`${server.url}/stream`, { method: 'POST', body })
  assert.deepEqual([response.status, response.headers.get('content-type')], [200, 'application/x-ndjson'])
  const lines = (await response.text()).trimEnd().split('\n')
  return lines.map((line) => JSON.parse(line)).sort((a, b) => a.index - b.index)
}

test('thousands of lines, many more than may wait, with blank ones, broken ones and one that throws', async () => {
  const samples = Array.from({ length: 3000 }, (_, i) => `{"completion":"${'x'.repeat(i % 50)}"}`)
  samples[7] = '{"completion":"throw"}'
  samples[8] = '{"complet'
  const answers = await stream(`\n${samples.join('\r\n \n')}`)
  assert.deepEqual(
    answers.map(({ index }) => index),
    samples.map((_, i) => i),
  )
  assert.match(answers[7].unscored.reason, /no idea/)
  assert.match(answers[8].error.message, /not JSON/)
  answers.forEach(({ value }, i) => i === 7 || i === 8 || assert.equal(value, i % 50))
})

test('no line waits for the one before it, and answers come while samples are still being sent', async () => {
  const asked = request(`${server.url}/stream`, { method: 'POST' })
  asked.write('{"completion":"wait1500"}\n{"completion":"ok"}\n')
  const came = await new Promise<string>((resolve) => {
    asked.on('response', (response) => response.setEncoding('utf8').once('data', resolve))
  })
  assert.deepEqual(JSON.parse(came).index, 1)
  asked.on('error', () => undefined).destroy()
})

test('a line that is too long ends the stream with the reason; others go on, and so does the server', async () => {
  const long = `{"completion":"${'x'.repeat(2 << 20)}"}`
  const answers = await stream(`{"completion":"ok"}\n${long}`)
  assert.ok(answers.some(({ error }) => /line 1 is longer than/.test(error?.message)))
  assert.ok(answers.some(({ index, value }) => index === 0 && value === 2))
})

test('a caller that goes away leaves nothing at work', async () => {
  const asked = request(`${server.url}/stream`, { method: 'POST' }).on('error', () => undefined)
  asked.write('{"completion":"wait100"}\n'.repeat(500))
  await setTimeout(200)
  asked.destroy()
  for (let busy = 1; busy > 0; ) {
    await setTimeout(50)
    const health: ReturnType<typeof JSON.parse> = await (await fetch(`${server.url}/health`)).json()
    busy = health.queued + health.inFlight
  }
  assert.equal((await post(server.url, '/score', { samples: [{ completion: 'ok' }] })).body.scores[0].value, 2)
})
