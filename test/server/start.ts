/** Starts a real server on a free port for a test, and asks it over real HTTP. */
import { type RewardServer, type ServeOptions, serve } from '../../src/server/index.ts'

export interface Running extends RewardServer {
  /** What was logged. */
  readonly logged: readonly { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[]
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Reply>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly body: ReturnType<typeof JSON.parse>
}

/** A test, or a file of them, at whose end the server ends. */
export interface Scope {
  after(end: () => Promise<void>): void
}

/** The reward of test/server/rewards/NAME.ts, or a module of another address. */
export async function start(t: Scope, reward: string | URL, options: ServeOptions = {}): Promise<Running> {
  const logged: { event: string; fields: Readonly<Record<string, unknown>> }[] = []
  const server = await serve(typeof reward === 'string' ? rewardUrl(reward) : reward, {
    ...{ port: 0, workers: 1, log: (_: string, event: string, fields = {}) => void logged.push({ event, fields }) },
    ...options,
  })
  t.after(() => server.close())
  return { ...server, logged, post: (path, body, headers) => post(server.url, path, body, headers) }
}

export function rewardUrl(name: string): URL {
  return new URL(`./rewards/${name}.ts`, import.meta.url)
}

export async function post(url: string, path: string, body: unknown, headers = {}): Promise<Reply> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body)
  const response = await fetch(url + path, { method: 'POST', body: sent, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}
