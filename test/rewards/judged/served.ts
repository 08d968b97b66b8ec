/** Judges behind a real HTTP server that answers by a script. */
import type { Json, Sample } from '../../../src/data/message.ts'
import type { Judge } from '../../../src/judge/judge.ts'
import { openaiCompatible } from '../../../src/judge/openaiCompatible.ts'
import { type Reply, type ScriptedServer, scriptedServer } from '../../judge/scriptedServer.ts'

export interface Served extends AsyncDisposable {
  readonly judge: Judge
  readonly server: ScriptedServer
  /** The words of request i, all messages together. */
  asked(i: number): string
}

/** A judge whose server replies with `script`, or with what it makes of the words it is sent. */
export async function served(script: readonly Reply[] | ((words: string, index: number) => Reply)): Promise<Served> {
  const server = await scriptedServer(
    typeof script === 'function' ? (body, index) => script(wordsOf(body.messages), index) : script,
  )
  return {
    judge: openaiCompatible({ baseURL: server.baseURL, model: 'scripted' }),
    server,
    asked: (i) => wordsOf(server.requests[i].body.messages),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** The alternatives of a first token, from a distribution's probabilities. */
export function top(probabilities: Readonly<Record<string, number>>): Extract<Reply, { readonly say: string }> {
  return {
    say: 'x',
    top: Object.fromEntries(Object.entries(probabilities).map(([token, p]) => [token, Math.log(p)])),
  }
}

/** The fenced texts of a prompt by their headings. */
export function fieldsOf(words: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from(words.matchAll(/## ([^\n]+)\n<data (\w+)>\n([\s\S]*?)\n<\/data \2>/g), ([, heading, , text]) => [
      heading,
      text,
    ]),
  )
}

export function sampleOf(question: string, text: string, reference?: Json, meta?: Sample['prompt']['meta']): Sample {
  return {
    prompt: {
      id: question,
      messages: [{ role: 'user', content: question }],
      ...(reference === undefined ? {} : { reference }),
      ...(meta === undefined ? {} : { meta }),
    },
    completion: { text, finish: 'stop' },
  }
}

function wordsOf(messages: readonly { readonly content?: unknown }[]): string {
  return messages.map(({ content }) => (typeof content === 'string' ? content : JSON.stringify(content))).join('\n')
}
