/** Conversations to text: a model's own chat template (Jinja), as Transformers' `apply_chat_template` renders it. */
import { Template } from '@huggingface/jinja'
import { GuerdonError, messageOf } from '../data/error.ts'
import { type Message, textOf } from '../data/message.ts'

export type Render = (messages: readonly Message[]) => string

/** The plain concatenation of the messages' text: for models that have no chat template. */
export function concatenateMessages(messages: readonly Message[]): string {
  return messages.map((message) => textOf(message.content)).join('')
}

/**
 * A renderer from a template's source. The text ends where the model is to go on: with the opening of an
 * assistant's turn, or, when the last message is the assistant's, in the middle of that turn, right after its text.
 * `specials` are the tokens a template may name (bos_token, eos_token, ...). `where` names the file for errors.
 */
export function chatTemplate(source: string, specials: Readonly<Record<string, string>>, where: string): Render {
  const template = compile(source, where)
  return (messages) => {
    const last = messages.at(-1)
    const goesOn = last?.role === 'assistant'
    const text = run(template, where, {
      ...specials,
      messages: messages.map(({ role, content }) => ({ role, content: textOf(content) })),
      add_generation_prompt: !goesOn,
    })
    return goesOn ? cutAfter(text, textOf(last.content).trim(), where) : text
  }
}

/** Everything up to the end of the last place where `ending` stands. */
function cutAfter(text: string, ending: string, where: string): string {
  const at = text.lastIndexOf(ending)
  if (at === -1) throw new GuerdonError('the chat template leaves out the last message of the assistant', { where })
  return text.slice(0, at + ending.length)
}

// Hides the clock, so that templates with a date in them fall back to their fixed one: runs must be repeatable. The
// newline after a block is dropped, so the template itself starts a line as before.
const noClock = '{% set strftime_now = undefined_name %}\n'

function compile(source: string, where: string): Template {
  try {
    return new Template(noClock + source)
  } catch (cause) {
    throw new GuerdonError(`the chat template is not valid: ${messageOf(cause)}`, { where, cause })
  }
}

function run(template: Template, where: string, variables: Record<string, unknown>): string {
  try {
    return template.render(variables)
  } catch (cause) {
    throw new GuerdonError(`the chat template refuses these messages: ${messageOf(cause)}`, { where, cause })
  }
}
