/**
 * A tokenizer of single characters for nano models. Ids: 0 is `<pad>`, 1 is `<eos>` (ends an answer), 2 and on are
 * the alphabet's characters in the order given. Its files load in Python (`PreTrainedTokenizerFast`) and in
 * `loadTokenizer` with the same ids: a BPE model without merges, so that every character stays a token.
 */
import { GuerdonError } from '../data/error.ts'
import { concatenateMessages } from './chatTemplate.ts'
import type { Tokenizer } from './tokenizer.ts'

const padToken = '<pad>'
const endToken = '<eos>'

/**
 * A tokenizer whose vocabulary is this alphabet (Unicode characters, each once) and the two special tokens. The
 * texts `<pad>` and `<eos>` are encoded as those tokens; any other character outside the alphabet is a GuerdonError
 * that names it and its position. `render` is the plain concatenation of the messages' text.
 */
export function characterTokenizer(alphabet: string): Tokenizer {
  const tokens = [padToken, endToken, ...alphabet]
  const idOf = new Map(tokens.map((token, id) => [token, id]))
  checkAlphabet(tokens, idOf)
  const files = tokenizerFiles(tokens)
  return {
    vocabularySize: tokens.length,
    endId: 1,
    padId: 0,
    encode: (text) => encode(text, idOf),
    decode(ids) {
      let text = ''
      for (const id of ids) if (id > 1) text += tokens[id] ?? ''
      return text
    },
    tokenText: (id) => tokens[id] ?? '',
    render: concatenateMessages,
    files: () => files,
  }
}

function encode(text: string, idOf: ReadonlyMap<string, number>): Int32Array {
  const ids = new Int32Array(text.length)
  let count = 0
  for (let i = 0; i < text.length; ) {
    const token = tokenAt(text, i)
    const id = idOf.get(token)
    if (id === undefined) {
      throw new GuerdonError(`the character ${JSON.stringify(token)} at position ${i} is not in the alphabet`, {
        fix: 'make the tokenizer with an alphabet that has every character of the prompts and answers',
      })
    }
    ids[count++] = id
    i += token.length
  }
  return ids.slice(0, count)
}

/** The special token or the character that starts at `i`. */
function tokenAt(text: string, i: number): string {
  if (text.startsWith(padToken, i)) return padToken
  if (text.startsWith(endToken, i)) return endToken
  return String.fromCodePoint(text.codePointAt(i) ?? 0)
}

function checkAlphabet(tokens: readonly string[], idOf: ReadonlyMap<string, number>): void {
  if (tokens.length === 2) throw new GuerdonError('the alphabet is empty')
  for (const [id, token] of tokens.entries()) {
    if (idOf.get(token) !== id) throw new GuerdonError(`the alphabet has the character ${JSON.stringify(token)} twice`)
    if (!token.isWellFormed()) throw new GuerdonError(`the alphabet has half a character: ${JSON.stringify(token)}`)
  }
}

function tokenizerFiles(tokens: readonly string[]): Readonly<Record<string, string>> {
  const special = (id: number) => ({
    ...{ id, content: tokens[id], special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(0), special(1)],
    normalizer: null,
    pre_tokenizer: null,
    post_processor: null,
    // Without it the library in Python would decode with a space between two characters.
    decoder: { type: 'Fuse' },
    model: {
      ...{ type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: false },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [],
    },
  }
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    pad_token: padToken,
    eos_token: endToken,
    clean_up_tokenization_spaces: false,
  }
  return {
    'tokenizer.json': `${JSON.stringify(tokenizer, undefined, 2)}\n`,
    'tokenizer_config.json': `${JSON.stringify(config, undefined, 2)}\n`,
  }
}
