/** Devices that are not the processor: only their absence can be tried everywhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { userPrompt } from '../../src/data/message.ts'
import { checkDevice } from '../../src/policy/local/deviceCheck.ts'
import { nano } from '../../src/policy/local/local.ts'
import { characterTokenizer } from '../../src/text/characterTokenizer.ts'

const tokenizer = characterTokenizer('0123456789+=')

test('a device that is not there is named, with what it needs and the way on without it', async () => {
  // No machine has both: Core ML is macOS's, DirectML is Windows'.
  const device = process.platform === 'darwin' ? 'directml' : 'coreml'
  const policy = nano('0.2M', tokenizer, { seed: 1, context: 32, device })
  const draw = async () => {
    for await (const _ of policy.sample([{ prompt: userPrompt('a', '1+2='), count: 1, maxTokens: 2, seed: 1 }]));
  }
  await assert.rejects(draw, (error) => {
    assert.ok(error instanceof GuerdonError)
    assert.match(error.message, new RegExp(`'${device}' cannot be used here`))
    return true
  })
  await policy.close()
})

test('the self-check passes where both sides are the processor', async () => {
  const policy = nano('0.2M', tokenizer, { seed: 1, context: 32 })
  const { config } = policy
  const { decoderLayout } = await import('../../src/nn/decoder.ts')
  await checkDevice({ config, plan: decoderLayout(config), values: policy.weights() }, { threads: 1, device: 'cpu' })
  await policy.close()
})
