/** Tokenizers as models on the Hugging Face hub ship them: tokenizer.json, tokenizer_config.json, chat_template.jinja. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Tokenizer as HuggingFace } from '@huggingface/tokenizers'
import { z } from 'zod'
import { GuerdonError, messageOf } from '../data/error.ts'
import { chatTemplate, concatenateMessages, type Render } from './chatTemplate.ts'
import type { Tokenizer } from './tokenizer.ts'

/** File names to contents: `tokenizer.json`, and where there are such, those beside it in a model's folder. */
export type TokenizerFiles = Readonly<Record<string, string>>

const fileNames = ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja', 'generation_config.json'] as const
type FileName = (typeof fileNames)[number]

/**
 * Reads a tokenizer from a folder. Without a chat template, `render` is the plain concatenation of the messages'
 * text, behind the first token where the configuration says `add_bos_token`. Throws a GuerdonError that names the file when one is missing, corrupt or of a kind that is not supported.
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const files: Record<string, string> = {}
  for (const name of fileNames) {
    const text = await readIfThere(join(folder, name))
    if (text !== undefined) files[name] = text
  }
  return tokenizerFromFiles(files, folder)
}

/** The same from the files' contents; `folder` is only for error messages. */
export function tokenizerFromFiles(files: TokenizerFiles, folder = ''): Tokenizer {
  const path = (name: FileName) => join(folder, name)
  const { json, config } = parseTokenizerFiles(files, folder)
  const library = build(json, config, path('tokenizer.json'))
  const vocabularySize =
    1 +
    library
      .get_vocab()
      .values()
      .reduce((most, id) => Math.max(most, id), -1)
  const specialIds = new Set(json.added_tokens.filter((token) => token.special).map((token) => token.id))
  const idOf = (name: 'eos_token' | 'pad_token'): number | undefined => {
    const token = config[name]
    if (token === undefined) return undefined
    const id = library.token_to_id(token)
    if (id !== undefined) return id
    throw new GuerdonError(`${name} ${JSON.stringify(token)} is not in the vocabulary`, {
      where: path('tokenizer_config.json'),
    })
  }
  const endId = idOf('eos_token')
  if (endId === undefined) {
    throw new GuerdonError('no eos_token is given, so no answer could ever end', {
      where: path('tokenizer_config.json'),
      fix: 'add "eos_token" with the token that ends an answer',
    })
  }
  const decode = (ids: Int32Array | readonly number[]) => {
    // A model's output layer may be wider than the vocabulary: ids without a token have no text.
    const known = Array.from(ids).filter((id) => !specialIds.has(id) && library.id_to_token(id) !== undefined)
    return known.length === 0
      ? ''
      : library.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false })
  }
  const otherEndIds = otherEnds(files, endId, path('generation_config.json'))
  return {
    vocabularySize,
    endId,
    ...(otherEndIds.length === 0 ? {} : { otherEndIds }),
    padId: idOf('pad_token') ?? endId,
    encode: (text) =>
      text === '' ? new Int32Array(0) : Int32Array.from(library.encode(text, { add_special_tokens: false }).ids),
    decode,
    tokenText: (id) => (specialIds.has(id) ? (library.id_to_token(id) ?? '') : decode([id])),
    render: renderOf(files, config, path),
    files: () => files,
  }
}

/** Tokens that end an answer besides `endId`: generation_config.json may name several. */
export function otherEnds(files: TokenizerFiles, endId: number, where: string): readonly number[] {
  const ends = parse(generationSchema, files['generation_config.json'] ?? '{}', where).eos_token_id ?? []
  return [ends].flat().filter((id) => id !== endId)
}

const endToken = z.int().nonnegative()
const generationSchema = z.looseObject({ eos_token_id: z.union([endToken, z.array(endToken)]).nullish() })

/** The files' JSON, checked. `folder` is for errors only. */
export function parseTokenizerFiles(files: TokenizerFiles, folder = ''): { json: TokenizerJson; config: Config } {
  const path = (name: FileName) => join(folder, name)
  const text = files['tokenizer.json']
  if (text === undefined) {
    throw new GuerdonError('there is no such file', {
      where: path('tokenizer.json'),
      fix: 'a model folder needs its tokenizer.json; older slow-only tokenizers must be converted first',
    })
  }
  const json = parse(tokenizerSchema, text, path('tokenizer.json'))
  return { json, config: parse(configSchema, files['tokenizer_config.json'] ?? '{}', path('tokenizer_config.json')) }
}

/** The template of its own file, else of the configuration (named templates: the one called default). */
export function templateSource(files: TokenizerFiles, config: Config): string | undefined {
  const own = files['chat_template.jinja']
  if (own !== undefined) return own
  const given = config.chat_template ?? undefined
  return typeof given === 'object' ? given.find((entry) => entry.name === 'default')?.template : given
}

function renderOf(files: TokenizerFiles, config: Config, path: (name: FileName) => string): Render {
  const specials: Record<string, string> = {}
  for (const name of ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const) {
    const content = config[name]
    if (content !== undefined) specials[name] = content
  }
  const source = templateSource(files, config)
  const name = files['chat_template.jinja'] === undefined ? 'tokenizer_config.json' : 'chat_template.jinja'
  if (source !== undefined) return chatTemplate(source, specials, path(name))
  // A template writes the first token itself.
  const first = config.add_bos_token ? config.bos_token : undefined
  return first === undefined ? concatenateMessages : (messages) => `${first}${concatenateMessages(messages)}`
}

const tokenizerSchema = z.looseObject({
  model: z.looseObject({
    // Any other type the library would take for a word list, and encode wrongly.
    type: z.enum(['BPE', 'Unigram', 'WordPiece']),
    vocab: z.union([z.record(z.string(), z.unknown()), z.array(z.unknown())]),
  }),
  added_tokens: z
    .array(z.looseObject({ id: z.int().nonnegative(), content: z.string(), special: z.boolean().default(false) }))
    .default([]),
  // The library wants these keys to be there.
  normalizer: z.unknown().default(null),
  pre_tokenizer: z.unknown().default(null),
  post_processor: z.unknown().default(null),
  decoder: z.unknown().default(null),
})

/** Written as the token itself or as an object around it. */
const specialToken = z
  .union([z.string(), z.looseObject({ content: z.string() })])
  .nullish()
  .transform((token) => (typeof token === 'string' ? token : token?.content) || undefined)

const configSchema = z.looseObject({
  bos_token: specialToken,
  eos_token: specialToken,
  pad_token: specialToken,
  unk_token: specialToken,
  add_bos_token: z.boolean().nullish(),
  chat_template: z.union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))]).nullish(),
})

type TokenizerJson = z.infer<typeof tokenizerSchema>
type Config = z.infer<typeof configSchema>

function parse<T>(schema: z.ZodType<T>, text: string, where: string): T {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new GuerdonError(`not JSON (${messageOf(cause)})`, { where, fix: 'fetch the file again', cause })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  throw new GuerdonError(`not a tokenizer's file: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`, { where })
}

/** What is used of the library, whose own types do not resolve under this project's module settings. */
interface Library {
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] }
  decode(
    ids: readonly number[],
    options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean },
  ): string
  token_to_id(token: string): number | undefined
  id_to_token(id: number): string | undefined
  get_vocab(): ReadonlyMap<string, number>
}

function build(json: TokenizerJson, config: Config, where: string): Library {
  try {
    return new HuggingFace({ ...json, pre_tokenizer: withEveryDigit(json.pre_tokenizer) }, config)
  } catch (cause) {
    throw new GuerdonError(`this tokenizer is not supported: ${messageOf(cause)}`, { where, cause })
  }
}

/**
 * In Python `Digits` cuts at every number of Unicode (², ½, ٣), in this library at 0 to 9 only: it is spelled out as a
 * pattern, which means the same in both.
 */
function withEveryDigit(pretokenizer: unknown): unknown {
  if (typeof pretokenizer !== 'object' || pretokenizer === null || !('type' in pretokenizer)) return pretokenizer
  if ('pretokenizers' in pretokenizer && Array.isArray(pretokenizer.pretokenizers))
    return { ...pretokenizer, pretokenizers: pretokenizer.pretokenizers.map(withEveryDigit) }
  if (pretokenizer.type !== 'Digits') return pretokenizer
  const each = 'individual_digits' in pretokenizer && pretokenizer.individual_digits === true
  return { type: 'Split', pattern: { Regex: each ? '\\p{N}' : '\\p{N}+' }, behavior: 'Isolated', invert: false }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new GuerdonError(`could not be read: ${messageOf(cause)}`, { where: path, cause })
  }
}
