/** config.json: what transformers takes where nothing is said, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DecoderConfig, parseConfig } from '../../src/nn/config.ts'

const file = {
  model_type: 'llama',
  ...{ vocab_size: 100, hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2, num_attention_heads: 4 },
}
const parsed = (change: object): DecoderConfig => parseConfig(JSON.stringify({ ...file, ...change }), 'x/config.json')

test('what a file leaves out is what transformers takes', () => {
  const llama = parsed({})
  assert.deepEqual(
    [llama.keyValueHeads, llama.headSize, llama.context, llama.normEpsilon, llama.ropeTheta, llama.tied],
    [4, 16, 2048, 1e-6, 10_000, false],
  )
  assert.equal(parsed({ num_key_value_heads: null }).keyValueHeads, 4)
  const qwen = { num_attention_heads: 64, hidden_size: 1024 }
  const qwen2 = parsed({ model_type: 'qwen2', ...qwen })
  assert.deepEqual([qwen2.keyValueHeads, qwen2.headSize, qwen2.context, qwen2.attentionBias], [32, 16, 32_768, true])
  const qwen3 = parsed({ model_type: 'qwen3', ...qwen })
  assert.deepEqual(
    [qwen3.keyValueHeads, qwen3.headSize, qwen3.queryKeyNorm, qwen3.outputBias],
    [32, 128, true, undefined],
  )
  assert.deepEqual(parsed({ attention_bias: true }).outputBias, true)
})

test('what the decoder does not do is refused by its key', () => {
  const cases: readonly [object, RegExp][] = [
    [{ model_type: 'gpt2' }, /'model_type': .*\n.*llama, qwen2 and qwen3/],
    [{ vocab_size: 0 }, /'vocab_size'/],
    [{ hidden_size: -8 }, /'hidden_size'/],
    [{ num_hidden_layers: 1.5 }, /'num_hidden_layers'/],
    [{ num_key_value_heads: 3 }, /4 heads cannot share 3 key\/value heads evenly/],
    [{ hidden_size: 66 }, /heads of 16\.5 numbers cannot turn in pairs/],
    [{ head_dim: 15 }, /heads of 15 numbers cannot turn in pairs/],
    [{ hidden_act: 'gelu' }, /'hidden_act': 'gelu' is not supported/],
    [{ mlp_bias: true }, /'mlp_bias'/],
    [{ pretraining_tp: 2 }, /'pretraining_tp'/],
    [
      { model_type: 'qwen2', num_key_value_heads: 4, use_sliding_window: true, sliding_window: 4096 },
      /'use_sliding_window'/,
    ],
    [{ layer_types: ['full_attention', 'sliding_attention'] }, /'layer_types': .*sliding window/],
    [{ partial_rotary_factor: 0.5 }, /'partial_rotary_factor': only whole heads/],
    [{ rope_scaling: { type: 'su', factor: 2 } }, /'rope_scaling': rotary scaling 'su' is not supported\n.*yarn/],
    [{ rope_scaling: { type: 'constructor' } }, /rotary scaling 'constructor' is not supported/],
    [{ rope_scaling: { type: 'linear' } }, /'rope_scaling\.factor'/],
    [{ rope_parameters: { rope_type: 'llama3', factor: 8 } }, /'rope_parameters\.low_freq_factor'/],
    [
      { rope_scaling: { type: 'yarn', factor: 2, truncate: false } },
      /'rope_scaling\.truncate': a ramp that is not rounded/,
    ],
    [
      { rope_scaling: { type: 'longrope', short_factor: [1], long_factor: [2], attention_factor: 1 } },
      /short_factor and long_factor must be the same/,
    ],
    [
      { rope_scaling: { type: 'longrope', short_factor: [2], long_factor: [2], attention_factor: 1 } },
      /1 rotary divisors for heads of 16, expected 8/,
    ],
  ]
  for (const [change, message] of cases) assert.throws(() => parsed(change), { name: 'GuerdonError', message })
  assert.throws(() => parseConfig('{', 'x/config.json'), /x\/config\.json: it is not JSON/)
})
