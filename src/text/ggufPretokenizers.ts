/**
 * How byte-level BPE cuts text before it merges: GGUF names the kind (`tokenizer.ggml.pre`), tokenizer.json spells it
 * out. Source: llama.cpp, src/llama-vocab.cpp (the regular expressions of each kind), and the tokenizer.json of the
 * models of each kind.
 */
import { isDeepStrictEqual } from 'node:util'

type Json = Readonly<Record<string, unknown>>

const split = (pattern: string): Json => ({
  type: 'Split',
  pattern: { Regex: pattern },
  behavior: 'Isolated',
  invert: false,
})
const byteLevel = (regex: boolean): Json => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: regex,
})
const sequence = (...pretokenizers: readonly Json[]): Json => ({ type: 'Sequence', pretokenizers })

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const words = '[^\\r\\n\\p{L}\\p{N}]?\\p{L}+'
const rest = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'

export interface Pretokenizer {
  /** GGUF's names for it; the first is the one written. */
  readonly names: readonly [string, ...string[]]
  /** tokenizer.json's `pre_tokenizer` and `normalizer`. */
  readonly json: Json
  readonly normalizer: Json | null
  /** Whether words that are tokens are taken without merging. */
  readonly ignoreMerges: boolean
}

/** The kinds that are known. */
export const ggufPretokenizers: readonly Pretokenizer[] = [
  { names: ['gpt-2'], json: byteLevel(true), normalizer: null, ignoreMerges: false },
  {
    names: ['smollm'],
    json: sequence({ type: 'Digits', individual_digits: true }, byteLevel(true)),
    normalizer: null,
    ignoreMerges: false,
  },
  {
    names: ['llama-bpe', 'llama3', 'llama-v3'],
    json: sequence(split(`${contractions}|${words}|\\p{N}{1,3}|${rest}`), byteLevel(false)),
    normalizer: null,
    ignoreMerges: true,
  },
  {
    names: ['qwen2', 'deepseek-r1-qwen'],
    json: sequence(split(`${contractions}|${words}|\\p{N}|${rest}`), byteLevel(false)),
    normalizer: { type: 'NFC' },
    ignoreMerges: false,
  },
]

/** The kind that cuts as this `pre_tokenizer` of a tokenizer.json does. */
export function pretokenizerLike(json: unknown): Pretokenizer | undefined {
  const cuts = cutsOf(json)
  return ggufPretokenizers.find((each) => isDeepStrictEqual(cutsOf(each.json), cuts))
}

/** What decides where text is cut; options that change nothing but offsets are left out. */
function cutsOf(json: unknown): unknown {
  if (typeof json !== 'object' || json === null || !('type' in json)) return json
  const { type } = json
  if (type === 'Sequence' && 'pretokenizers' in json && Array.isArray(json.pretokenizers))
    return json.pretokenizers.map(cutsOf)
  const decisive = Object.entries(json).filter(([key]) => key !== 'trim_offsets')
  const said = Object.fromEntries(decisive)
  // Files that leave these out mean the library's defaults.
  return type === 'ByteLevel' ? { use_regex: true, ...said } : type === 'Split' ? { invert: false, ...said } : said
}
