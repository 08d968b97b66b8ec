/**
 * Tokenizers from a GGUF file's metadata, as the files that a Hugging Face folder would have: byte-level BPE ("gpt2")
 * and SentencePiece's BPE ("llama"). Source: ggml, docs/gguf.md, section "Tokenizer"; transformers,
 * `convert_slow_tokenizer.py` (merges from scores).
 */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { GgufValue } from '../data/ggufHeader.ts'
import { ggufPretokenizers } from './ggufPretokenizers.ts'
import { type TokenizerFiles, tokenizerFromFiles } from './huggingFaceTokenizer.ts'
import type { Tokenizer } from './tokenizer.ts'

/** Kinds of tokens (`tokenizer.ggml.token_type`). */
export const tokenKinds = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const

const id = z.number().int().nonnegative()
const schema = z.object({
  model: z.enum(['gpt2', 'llama'], "only 'gpt2' (byte-level BPE) and 'llama' (SentencePiece) are supported"),
  pre: z.string().default('gpt-2'),
  tokens: z.array(z.string()).min(1),
  token_type: z.array(z.number()).optional(),
  scores: z.array(z.number()).optional(),
  merges: z.array(z.string()).default([]),
  bos_token_id: id.optional(),
  eos_token_id: id,
  eot_token_id: id.optional(),
  unknown_token_id: id.optional(),
  padding_token_id: id.optional(),
  add_bos_token: z.boolean().optional(),
  add_space_prefix: z.boolean().default(true),
})

type Vocabulary = z.infer<typeof schema>

/** The tokenizer of a GGUF file. `where` names the file for errors. */
export function tokenizerFromGguf(metadata: ReadonlyMap<string, GgufValue>, where: string): Tokenizer {
  return tokenizerFromFiles(ggufTokenizerFiles(metadata, where), where)
}

/**
 * The files tokenizer.json and tokenizer_config.json that say the same as the metadata. Throws a GuerdonError that
 * names the key for what is missing, contradicts itself, or is of a kind that is not supported.
 */
export function ggufTokenizerFiles(metadata: ReadonlyMap<string, GgufValue>, where: string): TokenizerFiles {
  const prefix = 'tokenizer.ggml.'
  const own = [...metadata].flatMap(([key, value]) =>
    key.startsWith(prefix) ? [[key.slice(prefix.length), value] as const] : [],
  )
  const read = schema.safeParse(Object.fromEntries(own))
  if (!read.success) {
    const [issue] = read.error.issues
    throw new GuerdonError(`'${prefix}${issue.path.join('.')}': ${issue.message}`, { where })
  }
  const vocabulary = read.data
  checkVocabulary(vocabulary, where)
  const template = metadata.get('tokenizer.chat_template')
  const nameOf = (at: number | undefined) => (at === undefined ? null : vocabulary.tokens[at])
  // In a conversation the end of a turn ends an answer; llama.cpp stops at either.
  const end = (template === undefined ? undefined : vocabulary.eot_token_id) ?? vocabulary.eos_token_id
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: nameOf(vocabulary.bos_token_id),
    eos_token: nameOf(end),
    unk_token: nameOf(vocabulary.unknown_token_id),
    pad_token: nameOf(vocabulary.padding_token_id),
    ...(vocabulary.add_bos_token === undefined ? {} : { add_bos_token: vocabulary.add_bos_token }),
    clean_up_tokenization_spaces: false,
    ...(typeof template === 'string' ? { chat_template: template } : {}),
  }
  const tokenizer = vocabulary.model === 'gpt2' ? byteLevel(vocabulary, where) : sentencePiece(vocabulary)
  const others = [vocabulary.eos_token_id, vocabulary.eot_token_id].filter((each) => each !== undefined && each !== end)
  return {
    ...(others.length === 0
      ? {}
      : { 'generation_config.json': `${JSON.stringify({ eos_token_id: [end, ...others] })}\n` }),
    'tokenizer.json': JSON.stringify({ version: '1.0', truncation: null, padding: null, ...tokenizer }),
    'tokenizer_config.json': `${JSON.stringify(config, undefined, 2)}\n`,
  }
}

const specialIds = ['bos_token_id', 'eos_token_id', 'eot_token_id', 'unknown_token_id', 'padding_token_id'] as const

function checkVocabulary(vocabulary: Vocabulary, where: string): void {
  const { tokens } = vocabulary
  for (const key of ['token_type', 'scores'] as const)
    if ((vocabulary[key]?.length ?? tokens.length) !== tokens.length)
      throw new GuerdonError(
        `'tokenizer.ggml.${key}' has ${vocabulary[key]?.length} entries for ${tokens.length} tokens`,
        { where },
      )
  for (const key of specialIds)
    if ((vocabulary[key] ?? 0) >= tokens.length)
      throw new GuerdonError(`'tokenizer.ggml.${key}' is ${vocabulary[key]}, but there are ${tokens.length} tokens`, {
        where,
      })
}

/** Ids by token; of a token that is there twice, the first is the one that text is encoded as. */
function idsOf({ tokens, token_type: kinds }: Vocabulary): Map<string, number> {
  const ids = new Map<string, number>()
  for (const [i, token] of tokens.entries()) if (kinds?.[i] !== tokenKinds.unused && !ids.has(token)) ids.set(token, i)
  return ids
}

function addedTokens(vocabulary: Vocabulary) {
  const { tokens, token_type: kinds = [] } = vocabulary
  const { control, userDefined, unknown } = tokenKinds
  // SentencePiece's unknown token stands for nothing that text could hold.
  const added = vocabulary.model === 'llama' ? [control, userDefined, unknown] : [control, userDefined]
  return tokens.flatMap((content, at) =>
    added.some((kind) => kind === kinds[at])
      ? [
          {
            id: at,
            content,
            single_word: false,
            lstrip: false,
            rstrip: false,
            normalized: false,
            special: kinds[at] !== userDefined,
          },
        ]
      : [],
  )
}

const bpe = (more: Readonly<Record<string, unknown>>) => ({
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
  ...more,
})

function byteLevel(vocabulary: Vocabulary, where: string) {
  const kind = ggufPretokenizers.find(({ names }) => names.includes(vocabulary.pre))
  if (kind === undefined)
    throw new GuerdonError(`'tokenizer.ggml.pre': the pre-tokenizer '${vocabulary.pre}' is not known`, {
      where,
      fix: `known are ${ggufPretokenizers.flatMap(({ names }) => names).join(', ')}; use the model's Hugging Face folder`,
    })
  const merges = vocabulary.merges.map((merge, i) => {
    // A token may itself begin with a space only in SentencePiece; here the first space is the one between the two.
    const at = merge.indexOf(' ', 1)
    if (at === -1)
      throw new GuerdonError(`'tokenizer.ggml.merges': entry ${i}, ${JSON.stringify(merge)}, is no pair`, { where })
    return [merge.slice(0, at), merge.slice(at + 1)]
  })
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: kind.normalizer,
    pre_tokenizer: kind.json,
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: bpe({ ignore_merges: kind.ignoreMerges, vocab: Object.fromEntries(idsOf(vocabulary)), merges }),
  }
}

function sentencePiece(vocabulary: Vocabulary) {
  const { tokens, scores = [], unknown_token_id: unknown, add_space_prefix: spaced } = vocabulary
  const ids = idsOf(vocabulary)
  const replace = { type: 'Replace', pattern: { String: ' ' }, content: '▁' }
  return {
    added_tokens: addedTokens(vocabulary),
    normalizer: {
      type: 'Sequence',
      normalizers: spaced ? [{ type: 'Prepend', prepend: '▁' }, replace] : [replace],
    },
    pre_tokenizer: null,
    post_processor: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        ...(spaced ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : []),
      ],
    },
    model: bpe({
      unk_token: unknown === undefined ? null : tokens[unknown],
      fuse_unk: true,
      byte_fallback: true,
      vocab: Object.fromEntries(ids),
      merges: mergesOf(ids, scores),
    }),
  }
}

/** SentencePiece joins the two neighbours whose joined piece has the best score: each way to cut a piece is a merge. */
function mergesOf(ids: ReadonlyMap<string, number>, scores: readonly number[]): readonly (readonly string[])[] {
  const merges: { readonly pair: readonly [string, string]; readonly score: number }[] = []
  for (const [piece, at] of ids) {
    const letters = [...piece]
    for (let cut = 1; cut < letters.length; cut++) {
      const pair = [letters.slice(0, cut).join(''), letters.slice(cut).join('')] as const
      if (ids.has(pair[0]) && ids.has(pair[1])) merges.push({ pair, score: scores[at] ?? 0 })
    }
  }
  return merges.sort((a, b) => b.score - a.score).map(({ pair }) => pair)
}
