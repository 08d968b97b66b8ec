/**
 * A tokenizer's files as GGUF's metadata, so that llama.cpp cuts text into the same tokens: byte-level BPE,
 * SentencePiece's BPE, and alphabets of single characters (as byte-level BPE without merges). The inverse of
 * `ggufTokenizerFiles`. Source: ggml, docs/gguf.md, section "Tokenizer"; llama.cpp, convert_hf_to_gguf.py.
 */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { GgufFields } from '../data/ggufWriter.ts'
import { pretokenizerLike } from './ggufPretokenizers.ts'
import { tokenKinds } from './ggufTokenizer.ts'
import { otherEnds, parseTokenizerFiles, type TokenizerFiles, templateSource } from './huggingFaceTokenizer.ts'

const schema = z.looseObject({
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string(), special: z.boolean() })).default([]),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  model: z.looseObject({
    type: z.literal('BPE', 'only BPE can be written'),
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.union([z.string(), z.tuple([z.string(), z.string()])])),
    byte_fallback: z.boolean().default(false),
    unk_token: z.string().nullish(),
  }),
})

type TokenizerFile = z.infer<typeof schema>

/**
 * The metadata for a model with `rows` rows of embeddings; ids beyond the tokenizer's become unused tokens. Throws a
 * GuerdonError where llama.cpp has no tokenizer like this one.
 */
export function ggufTokenizerFields(files: TokenizerFiles, rows: number, where = ''): GgufFields {
  const { json, config } = parseTokenizerFiles(files, where)
  const read = schema.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    throw unwritable(where, `'${issue.path.join('.')}': ${issue.message}`)
  }
  const file = read.data
  const tokens = Array.from({ length: rows }, (_, id) => `[PAD${id}]`)
  const kinds = new Array<number>(rows).fill(tokenKinds.unused)
  const put = (token: string, id: number, kind: number) => {
    if (id >= rows) throw unwritable(where, `token ${JSON.stringify(token)} has id ${id}, but the model ${rows} rows`)
    tokens[id] = token
    kinds[id] = kind
  }
  const kind = kindOf(file, where)
  for (const [token, id] of Object.entries(file.model.vocab)) put(kind.written(token), id, kind.tokenKind(token))
  for (const { content, id, special } of file.added_tokens)
    if (kinds[id] !== tokenKinds.unknown) put(content, id, special ? tokenKinds.control : tokenKinds.userDefined)
  const idOf = new Map(tokens.map((token, id) => [token, id]))
  const special = (key: string, token: string | undefined): GgufFields => {
    const id = token === undefined ? undefined : idOf.get(token)
    return id === undefined ? {} : { [`tokenizer.ggml.${key}_token_id`]: { type: 'u32', value: id } }
  }
  const template = templateSource(files, config)
  return {
    'tokenizer.ggml.model': { type: 'string', value: kind.model },
    'tokenizer.ggml.pre': { type: 'string', value: kind.pre },
    'tokenizer.ggml.tokens': { type: 'string', value: tokens },
    ...(kind.scores === undefined ? {} : { 'tokenizer.ggml.scores': { type: 'f32', value: kind.scores(tokens) } }),
    'tokenizer.ggml.token_type': { type: 'i32', value: kinds },
    ...(kind.model === 'gpt2' ? { 'tokenizer.ggml.merges': { type: 'string', value: mergeLines(file) } } : {}),
    ...special('bos', config.bos_token),
    ...endFields(files, idOf.get(config.eos_token ?? ''), template !== undefined, where),
    ...special('unknown', config.unk_token ?? file.model.unk_token ?? undefined),
    ...special('padding', config.pad_token),
    'tokenizer.ggml.add_bos_token': { type: 'bool', value: startsWith(file, config) },
    'tokenizer.ggml.add_space_prefix': { type: 'bool', value: kind.model === 'llama' && hasPrefixSpace(file) },
    ...(template === undefined ? {} : { 'tokenizer.chat_template': { type: 'string', value: template } }),
  }
}

/** GGUF has room for two ends: of a text, and of a turn in a conversation. */
function endFields(files: TokenizerFiles, end: number | undefined, turns: boolean, where: string): GgufFields {
  if (end === undefined) return {}
  const [other] = otherEnds(files, end, where)
  const [text, turn] = turns && other !== undefined ? [other, end] : [end, other]
  return {
    'tokenizer.ggml.eos_token_id': { type: 'u32', value: text },
    ...(turn === undefined ? {} : { 'tokenizer.ggml.eot_token_id': { type: 'u32', value: turn } }),
  }
}

interface Kind {
  readonly model: 'gpt2' | 'llama'
  readonly pre: string
  /** A token of the vocabulary as GGUF writes it. */
  written(token: string): string
  tokenKind(token: string): number
  readonly scores?: (tokens: readonly string[]) => number[]
}

function kindOf(file: TokenizerFile, where: string): Kind {
  const normal = () => tokenKinds.normal
  const { vocab, merges, byte_fallback: fallback, unk_token: unknown } = file.model
  const known = pretokenizerLike(file.pre_tokenizer)
  if (known !== undefined) return { model: 'gpt2', pre: known.names[0], written: (token) => token, tokenKind: normal }
  if (fallback)
    return {
      model: 'llama',
      pre: 'default',
      written: (token) => token,
      tokenKind: (token) =>
        /^<0x[0-9A-F]{2}>$/.test(token) ? tokenKinds.byte : token === unknown ? tokenKinds.unknown : tokenKinds.normal,
      scores: (tokens) => scoresOf(file, tokens),
    }
  const specials = new Set(file.added_tokens.map(({ content }) => content))
  const letters = Object.keys(vocab).filter((token) => !specials.has(token))
  const beyond = letters.find((letter) => !/^[\0-\x7f]$/.test(letter))
  if (merges.length === 0 && file.pre_tokenizer === null && beyond === undefined)
    return {
      model: 'gpt2',
      pre: 'gpt-2',
      written: (token) => (specials.has(token) ? token : byteLetter(token.charCodeAt(0))),
      tokenKind: normal,
    }
  throw unwritable(
    where,
    merges.length === 0 && beyond !== undefined
      ? `the token ${JSON.stringify(beyond)} is more than one byte, and the alphabet has no merges`
      : 'its pre-tokenizer is none that llama.cpp knows by name',
  )
}

/** The letter that stands for a byte below 128 in byte-level BPE (Radford et al. 2019, `bytes_to_unicode`). */
function byteLetter(byte: number): string {
  const printable = byte > 32 && byte < 127
  return String.fromCharCode(printable ? byte : byte === 127 ? 256 + 33 : 256 + byte)
}

function mergeLines(file: TokenizerFile): string[] {
  return file.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')))
}

/** The earlier a merge, the better its piece's score; pieces that are never merged to need none. */
function scoresOf(file: TokenizerFile, tokens: readonly string[]): number[] {
  const rank = new Map<string, number>()
  for (const [i, merge] of mergeLines(file).entries()) {
    const joined = merge.slice(0, merge.indexOf(' ', 1)) + merge.slice(merge.indexOf(' ', 1) + 1)
    if (!rank.has(joined)) rank.set(joined, i)
  }
  return tokens.map((token) => -(rank.get(token) ?? rank.size))
}

/** Whether encoding puts the first token in front: the configuration says so, or the post-processor does. */
function startsWith(file: TokenizerFile, { bos_token: first, add_bos_token: said }: SpecialTokens): boolean {
  return said ?? (first !== undefined && JSON.stringify(file.post_processor ?? '').includes(JSON.stringify(first)))
}

interface SpecialTokens {
  readonly bos_token?: string | undefined
  readonly add_bos_token?: boolean | null | undefined
}

function hasPrefixSpace(file: TokenizerFile): boolean {
  const text = JSON.stringify([file.normalizer ?? null, file.pre_tokenizer ?? null])
  return /"Prepend"|"prepend_scheme":"(first|always)"|"add_prefix_space":true/.test(text)
}

function unwritable(where: string, why: string): GuerdonError {
  return new GuerdonError(`this tokenizer cannot be written to GGUF: ${why}`, {
    ...(where === '' ? {} : { where }),
    fix: 'save the model as a Hugging Face folder',
  })
}
