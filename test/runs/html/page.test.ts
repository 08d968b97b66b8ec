import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { html, page } from '../../../src/runs/html/page.ts'

test('whatever is not markup is escaped; lists are joined, false is nothing', () => {
  const row = (text: string) => html`<li title="${text}">${text}</li>`
  const list = html`<ul>${['<b>', `"&'`].map(row)}${false}</ul>${7}`
  assert.equal(
    list.markup,
    '<ul><li title="&#60;b&#62;">&#60;b&#62;</li><li title="&#34;&#38;&#39;">&#34;&#38;&#39;</li></ul>7',
  )
})

test('the page allows its own script and style by their hashes, and nothing else', () => {
  function double(x: number): number {
    return 2 * x
  }
  const text = page('<T>', html`<p>body</p>`, {
    functions: [double, double],
    calls: ['double(data.x)'],
    data: { x: '</script>' },
  })
  const script = /<script>([\s\S]*)<\/script>/.exec(text)?.[1] ?? ''
  const style = /<style>([\s\S]*)<\/style>/.exec(text)?.[1] ?? ''
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1] ?? ''
  const hash = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`
  assert.equal(policy, `default-src 'none'; img-src data:; style-src ${hash(style)}; script-src ${hash(script)}`)
  assert.equal(script.match(/function double/g)?.length, 1, 'each function once')
  assert.match(text, /<title>&#60;T&#62;<\/title>/)
})

test('data cannot end its script element, and comes back as it was', () => {
  const data = { text: '</script><!--<script>\u2028\u2029&"\\', deep: [{ '<k>': null }] }
  const text = page('', html``, { functions: [], calls: [], data })
  const json = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)?.[1] ?? ''
  assert.deepEqual(JSON.parse(json), data)
  assert.doesNotMatch(json, /[<\u2028\u2029]/)
})
