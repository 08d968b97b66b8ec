import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadRuntime } from '../../src/graph/runtime.ts'

test('ONNX Runtime is loaded once, in the version of onnxruntime-common', async () => {
  const runtime = await loadRuntime()
  assert.equal(await loadRuntime(), runtime)
  const file = new URL('../../node_modules/onnxruntime-common/package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8'))
  assert.equal(runtime.env.versions.node, version)
})
