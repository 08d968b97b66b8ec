/**
 * What the same weights are called in a Hugging Face checkpoint and in GGUF, and the one difference in their numbers:
 * LLaMA's query and key rows. Source: llama.cpp, gguf-py/gguf/tensor_mapping.py and `LlamaModel.permute`.
 */

const whole: Readonly<Record<string, string>> = {
  'model.embed_tokens': 'token_embd',
  'model.norm': 'output_norm',
  lm_head: 'output',
}

const ofLayer: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
}

const swapped = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(names).map(([a, b]) => [b, a]))
const [wholeBack, ofLayerBack] = [swapped(whole), swapped(ofLayer)]

/** The name in GGUF of a Hugging Face name; a name that GGUF does not have stays as it is. */
export function ggufName(name: string): string {
  return renamed(name, /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/, 'blk.', ofLayer, whole)
}

/** The Hugging Face name of a name in GGUF; an unknown one stays as it is. */
export function huggingFaceName(name: string): string {
  return renamed(name, /^blk\.(\d+)\.(.+)\.(weight|bias)$/, 'model.layers.', ofLayerBack, wholeBack)
}

function renamed(
  name: string,
  layer: RegExp,
  prefix: string,
  inner: Readonly<Record<string, string>>,
  outer: Readonly<Record<string, string>>,
): string {
  const parts = layer.exec(name)
  if (parts !== null) {
    const [, index, middle, kind] = parts
    return Object.hasOwn(inner, middle) ? `${prefix}${index}.${inner[middle]}.${kind}` : name
  }
  const dot = name.lastIndexOf('.')
  const stem = name.slice(0, dot)
  return Object.hasOwn(outer, stem) ? `${outer[stem]}${name.slice(dot)}` : name
}

/** Whether GGUF keeps this part's rows in another order: LLaMA's queries and keys, weights and biases. */
export function isTurned(family: string, name: string): boolean {
  return family === 'llama' && /\.self_attn\.[qk]_proj\./.test(name)
}

/**
 * Reorders rows within each head. Hugging Face turns row j with row j + size/2; LLaMA in GGUF turns neighbours:
 * its row 2j is row j, its row 2j + 1 is row j + size/2. `to` says which order is wanted.
 */
export function turnRows(rows: Float32Array, size: number, width: number, to: 'gguf' | 'huggingFace'): Float32Array {
  const turned = new Float32Array(rows.length)
  const head = size * width
  for (let start = 0; start < rows.length; start += head)
    for (let j = 0; j < size; j++) {
      const neighbour = j < size / 2 ? 2 * j : 2 * j - size + 1
      const [from, at] = to === 'gguf' ? [j, neighbour] : [neighbour, j]
      turned.set(rows.subarray(start + from * width, start + (from + 1) * width), start + at * width)
    }
  return turned
}
