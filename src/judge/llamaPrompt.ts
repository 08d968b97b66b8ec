/**
 * Messages as a local model's tokens: its own chat template around them, whose control tokens are tokens, and the
 * messages themselves as plain text, in which `<|im_end|>` is ten characters and ends nothing.
 */
import type * as llama from 'node-llama-cpp'
import { type Message, textOf } from '../data/message.ts'
import { chatTemplate } from '../text/chatTemplate.ts'

/**
 * The prompt's tokens. The template is the one in the GGUF file; a model without one reads the messages, an empty line
 * between them. Texts are trimmed, as most templates do. Where a template takes no system message, that goes before the
 * first user's. Throws a GuerdonError where the template refuses the messages.
 */
export function llamaPrompt(
  module: typeof llama,
  model: llama.LlamaModel,
  messages: readonly Message[],
): llama.Token[] {
  const render = renderer(model)
  const { text, order } = laidOut(render, messages)
  const pieces = text.split(/\u{F0000}(\d+)\u{F0001}/u)
  const parts = pieces.map((piece, i) => (i % 2 === 0 ? new module.SpecialTokensText(piece) : order[Number(piece)]))
  const tokens = module.LlamaText(parts).tokenize(model.tokenizer)
  const { bos, shouldPrependBosToken } = model.tokens
  return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens
}

type Render = (messages: readonly Message[]) => string

function renderer(model: llama.LlamaModel): Render {
  const source = model.fileInfo.metadata.tokenizer.chat_template
  if (source === undefined) return (messages) => messages.map(({ content }) => textOf(content)).join('\n\n')
  const { bosString, eosString } = model.tokens
  return chatTemplate(source, { bos_token: bosString ?? '', eos_token: eosString ?? '' }, model.filename ?? 'the model')
}

/** The template with a mark for each message's text, and the texts. The marks are of Unicode's private use. */
function laidOut(render: Render, messages: readonly Message[]): { readonly text: string; readonly order: string[] } {
  const lay = (given: readonly Message[]) => ({
    text: render(given.map(({ role }, i) => ({ role, content: `\u{F0000}${i}\u{F0001}` }))),
    order: given.map(({ content }) => textOf(content).trim()),
  })
  const [first, second, ...rest] = messages
  if (first?.role !== 'system' || second?.role !== 'user') return lay(messages)
  try {
    return lay(messages)
  } catch {
    return lay([{ role: 'user', content: `${textOf(first.content).trim()}\n\n${textOf(second.content)}` }, ...rest])
  }
}
