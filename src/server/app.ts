/** The HTTP face: who may ask, how much is read, which route it is; what is asked goes to the dispatcher unread. */
import type { HttpBindings } from '@hono/node-server'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { type BodyLimits, type Budget, Refused, readBody } from './body.ts'
import { type Dispatcher, Overloaded } from './dispatcher.ts'
import type { Door } from './keys.ts'
import type { Log } from './log.ts'
import type { ServerMetrics } from './metrics.ts'
import type { Route } from './route.ts'
import { routes } from './routes/index.ts'
import { line } from './routes/line.ts'
import { streamReplies } from './stream.ts'

export interface AppParts {
  readonly dispatcher: Dispatcher
  readonly door: Door
  readonly metrics: ServerMetrics
  readonly log: Log
  readonly limits: BodyLimits
  readonly budget: Budget
  /** Milliseconds for a request, from its last byte to the answer; a caller may ask for fewer. */
  readonly requestMs: number
  readonly accessLog: boolean
  readonly version: string
  /** Whether the server has been told to end: answers then close their connections. */
  readonly draining: () => boolean
}

/** A caller's own deadline for a request, in milliseconds. */
const deadlineHeader = 'x-guerdon-deadline-ms'

export function rewardApp(parts: AppParts) {
  const { dispatcher, door, metrics, log, limits, budget, draining } = parts
  const app = new OpenAPIHono<{ Bindings: HttpBindings }>()

  const reply = (status: number, body: Buffer | string, more: Record<string, string> = {}) => {
    const headers: Record<string, string> = { 'content-type': 'application/json', ...more }
    if (draining()) headers.connection = 'close'
    // Node sends a text in one piece with the head, bytes apart from it.
    return new Response(body.length > longText ? body : body.toString(), { status, headers })
  }
  const refusal = (status: number, message: string, more: Record<string, string> = {}) =>
    reply(status, JSON.stringify({ error: { message } }), more)
  /** An answer, counted and logged. */
  const ended = (route: string, began: number, client: string, response: Response): Response => {
    const ms = performance.now() - began
    const { status } = response
    metrics.request(route, status, ms)
    if (parts.accessLog || status >= 500) log(status >= 500 ? 'warn' : 'info', 'request', { route, status, ms, client })
    return response
  }
  const refused = (thrown: unknown): Response => {
    if (thrown instanceof Refused)
      // What is left of a body that is not wanted is not worth a connection.
      return refusal(thrown.status, thrown.message, { connection: 'close', ...(thrown.status === 503 ? again : {}) })
    if (thrown instanceof Overloaded) return refusal(503, thrown.message, again)
    throw thrown
  }
  /** Lets a caller in, or says why not. */
  const enter = ({ incoming }: HttpBindings) => {
    const entry = door.enter(incoming.headers)
    if (entry.kind === 'open') return entry
    if (entry.kind === 'unknown')
      return refusal(401, 'an API key is needed: authorization: Bearer KEY', { 'www-authenticate': 'Bearer' })
    return refusal(429, `${entry.name} may make ${entry.what}`, { 'retry-after': String(entry.retryAfterSeconds) })
  }

  const ask = async (route: Route, env: HttpBindings): Promise<Response> => {
    const began = performance.now()
    const entry = enter(env)
    if (entry instanceof Response) return ended(route.path, began, '', entry)
    let held = 0
    try {
      const body = await readBody(env.incoming, limits, budget)
      held = body.length
      const ticket = dispatcher.run(route.path, body, timeOf(env.incoming.headers[deadlineHeader], parts.requestMs))
      env.outgoing.once('close', ticket.cancel)
      const { head, body: answer } = await ticket.answer
      env.outgoing.off('close', ticket.cancel)
      tell(route.path, head.samples, head.unscored)
      const more: Record<string, string> =
        head.unscored.length === 0 ? {} : { 'x-guerdon-unscored': String(total(head.unscored)) }
      return ended(route.path, began, entry.name, reply(head.status, answer, more))
    } catch (thrown) {
      return ended(route.path, began, entry.name, refused(thrown))
    } finally {
      budget.held -= held
      entry.leave()
    }
  }
  const tell = (route: string, samples: number, unscored: Parameters<ServerMetrics['samples']>[2]) => {
    metrics.samples(route, samples, unscored)
    for (const cause of unscored) log('warn', 'unscored', { route, ...cause })
  }

  const stream = async (env: HttpBindings): Promise<Response> => {
    const began = performance.now()
    const entry = enter(env)
    if (entry instanceof Response) return ended(line.path, began, '', entry)
    const lines = streamReplies(env.incoming, {
      ...{ dispatcher, limits, budget, route: line.path, leftMs: parts.requestMs, tell },
      ended: () => {
        entry.leave()
        metrics.request(line.path, 200, performance.now() - began)
      },
    })
    return new Response(lines, { status: 200, headers: { 'content-type': 'application/x-ndjson' } })
  }

  for (const route of routes) {
    app.openAPIRegistry.registerPath(documented(route))
    app.post(route.path, (context) => (route === line ? stream(context.env) : ask(route, context.env)))
  }
  app.get('/health', () => {
    const { ready, queued, inFlight } = dispatcher.state
    const status = draining() ? 'draining' : ready === 0 ? 'starting' : 'ok'
    const { name, range } = dispatcher.reward
    return reply(
      status === 'ok' ? 200 : 503,
      JSON.stringify({ status, reward: name, range, workers: ready, queued, inFlight }),
    )
  })
  app.get('/metrics', async ({ env }) => {
    if (!door.knows(env.incoming.headers)) return refusal(401, 'an API key is needed')
    return reply(200, await metrics.text(), { 'content-type': metrics.contentType })
  })
  app.doc31('/openapi.json', {
    openapi: '3.1.0',
    info: {
      title: `Guerdon: the reward ${dispatcher.reward.name}`,
      version: parts.version,
      description: `Every route may also answer ${Object.entries(statuses)
        .map(([status, why]) => `${status} (${why})`)
        .join(', ')}.`,
    },
  })
  app.notFound(({ req }) => {
    if (routes.some(({ path }) => path === req.path)) return refusal(405, `${req.path} takes POST`, { allow: 'POST' })
    const paths = routes.map(({ path }) => path).join(', ')
    return refusal(404, `there is no such route; there are ${paths}, /health, /metrics, /openapi.json`)
  })
  app.onError((error) => {
    log('error', 'fault', { message: error.message, stack: error.stack })
    return refusal(500, error.message)
  })
  return app
}

/** Bytes from which on an answer is not made a text once more. */
const longText = 1 << 16

const again = { 'retry-after': '1' }

const statuses = {
  400: 'the body has another shape',
  401: 'no known API key',
  408: 'the body took too long',
  413: 'the body is too long',
  429: "over the key's limits",
  503: 'overloaded: try again after retry-after seconds',
}

function documented({ path, summary, request, response }: Route) {
  const type = path === line.path ? 'application/x-ndjson' : 'application/json'
  const error = z.object({ error: z.object({ message: z.string() }) })
  return createRoute({
    method: 'post',
    path,
    summary,
    request: { body: { required: true, content: { [type]: { schema: request } } } },
    responses: {
      200: { description: 'scores', content: { [type]: { schema: response } } },
      400: { description: statuses[400], content: { 'application/json': { schema: error } } },
      503: { description: statuses[503], content: { 'application/json': { schema: error } } },
    },
  })
}

function timeOf(asked: string | string[] | undefined, most: number): number {
  const ms = Number(asked)
  return asked === undefined || !(ms > 0) ? most : Math.min(ms, most)
}

function total(causes: readonly { readonly count: number }[]): number {
  return causes.reduce((sum, { count }) => sum + count, 0)
}
