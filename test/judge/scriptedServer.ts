/** A server of OpenAI's Chat Completions that answers by a script, over real HTTP. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

/** One reply: words, a failure with its status, no reply at all, or a connection cut in the middle of a reply. */
export type Reply =
  | string
  | {
      readonly say: string
      readonly finish?: string
      readonly refusal?: string
      readonly top?: Readonly<Record<string, number>>
      readonly usage?: { readonly prompt_tokens: number; readonly completion_tokens: number }
    }
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'never'
  | 'close mid-answer'

const request = z.object({
  model: z.string(),
  messages: z.array(z.object({ role: z.string(), content: z.unknown() })),
  response_format: z.unknown().optional(),
  temperature: z.number().optional(),
  seed: z.number().optional(),
  max_tokens: z.number().optional(),
  logprobs: z.boolean().optional(),
  top_logprobs: z.number().optional(),
})

export interface ScriptedServer extends AsyncDisposable {
  readonly baseURL: string
  readonly requests: {
    readonly url: string
    readonly headers: IncomingHttpHeaders
    readonly body: z.infer<typeof request>
    /** Milliseconds on the process's monotonic clock. */
    readonly at: number
  }[]
  /** The most requests that were open at once. */
  most(): number
  /** The requests whose connection the client closed before the reply was sent. */
  aborted(): number
}

/** Request i gets reply i, or the last one; or what `script` makes of the request. `delay` is in milliseconds. */
export async function scriptedServer(
  script: readonly Reply[] | ((body: z.infer<typeof request>, index: number) => Reply),
  delay = 0,
): Promise<ScriptedServer> {
  const requests: ScriptedServer['requests'] = []
  let open = 0
  let most = 0
  let aborted = 0
  const server = createServer(async (incoming, response) => {
    most = Math.max(most, ++open)
    response.on('close', () => {
      open--
      if (!response.writableFinished) aborted++
    })
    const body = request.parse(JSON.parse(await text(incoming)))
    const index = requests.push({
      url: incoming.url ?? '',
      headers: incoming.headers,
      body,
      at: performance.now(),
    })
    const reply =
      typeof script === 'function' ? script(body, index - 1) : script[Math.min(index - 1, script.length - 1)]
    setTimeout(() => send(response, reply, body.model), delay)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    requests,
    most: () => most,
    aborted: () => aborted,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function send(response: ServerResponse, reply: Reply, model: string): void {
  if (reply === 'never') return
  if (reply === 'close mid-answer') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
    response.write('{"choices":[{"message":{"content":"{\\"score\\": 1', () => response.destroy())
    return
  }
  if (typeof reply === 'object' && 'status' in reply) {
    response.writeHead(reply.status, { 'content-type': 'application/json', ...reply.headers })
    response.end(reply.body ?? JSON.stringify({ error: { message: `scripted ${reply.status}`, type: 'scripted' } }))
    return
  }
  const said = typeof reply === 'string' ? { say: reply } : reply
  const top = Object.entries(said.top ?? {}).map(([token, logprob]) => ({ token, logprob }))
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      id: 'scripted',
      object: 'chat.completion',
      created: 0,
      model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: said.refusal === undefined ? said.say : null,
            ...(said.refusal === undefined ? {} : { refusal: said.refusal }),
          },
          finish_reason: said.finish ?? 'stop',
          logprobs: top.length === 0 ? null : { content: [{ ...top[0], top_logprobs: top }] },
        },
      ],
      usage: said.usage ?? { prompt_tokens: 10, completion_tokens: 5 },
    }),
  )
}
