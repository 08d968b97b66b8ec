/**
 * The HTTP face: Hono's routes with their OpenAPI document, and a shorter way past them. A POST to one of the paths is
 * answered without a Request and a Response made for it, which takes a third of the time Hono's way takes on top of Node's;
 * everything else (other methods, paths with a query, streams, errors) is Hono's.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi'
import { messageOf } from '../data/error.ts'
import { type Answering, type AnsweringParts, answering, type Reply } from './answering.ts'
import type { Route } from './route.ts'
import { routes } from './routes/index.ts'
import { line } from './routes/line.ts'
import { streamReplies } from './stream.ts'

export interface AppParts extends AnsweringParts {
  readonly version: string
}

/** Answers requests. */
export function rewardListener(parts: AppParts): RequestListener {
  const desk = answering(parts)
  const app = rewardApp(parts, desk)
  const rest = getRequestListener(app.fetch)
  const short = new Map(routes.filter((route) => route !== line).map((route) => [route.path, route]))
  return (incoming, outgoing) => {
    const route = incoming.method === 'POST' ? short.get(incoming.url ?? '') : undefined
    if (route === undefined) return rest(incoming, outgoing)
    desk.ask(route, incoming, outgoing).then(
      (reply) => send(reply, incoming, outgoing),
      (thrown) => {
        parts.log('error', 'fault', { message: messageOf(thrown) })
        send(desk.refusal(500, messageOf(thrown)), incoming, outgoing)
      },
    )
  }
}

function send({ status, headers, body }: Reply, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (outgoing.destroyed) return
  const bytes = typeof body === 'string' ? Buffer.from(body) : body
  headers['content-length'] = String(bytes.length)
  outgoing.writeHead(status, headers)
  // Node sends a text in one piece with the head, bytes apart from it; latin1 is any bytes as a text.
  if (bytes.length > longText) outgoing.end(bytes)
  else outgoing.end(bytes.toString('latin1'), 'latin1')
  if (!incoming.complete) discard(incoming)
}

/** Bytes from which on an answer is not made a text once more. */
const longText = 1 << 16

/** A caller that is still sending is heard for so long, so that it comes to read its answer, and no longer. */
const discarded = { ms: 1000, bytes: 128 << 20 }

function discard(incoming: IncomingMessage): void {
  const { socket } = incoming
  const timer = setTimeout(() => socket.destroy(), discarded.ms)
  let bytes = 0
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > discarded.bytes) socket.destroy()
  })
  incoming.on('close', () => clearTimeout(timer))
}

function rewardApp(parts: AppParts, desk: Answering) {
  const { dispatcher, door, metrics, log, draining } = parts
  const app = new OpenAPIHono<{ Bindings: HttpBindings }>()
  const respond = ({ status, headers, body }: Reply) => new Response(body, { status, headers })
  const refuse = (...refusal: Parameters<Answering['refusal']>) => respond(desk.refusal(...refusal))

  const stream = (incoming: IncomingMessage): Response => {
    const began = performance.now()
    const entry = desk.enter(incoming)
    if ('status' in entry) return respond(entry)
    const lines = streamReplies(incoming, {
      ...{ dispatcher, limits: parts.limits, budget: parts.budget, tell: desk.tell },
      ...{ route: line.path, leftMs: parts.requestMs },
      ended: () => {
        entry.leave()
        metrics.request(line.path, 200, performance.now() - began)
      },
    })
    return new Response(lines, { status: 200, headers: { 'content-type': 'application/x-ndjson' } })
  }

  for (const route of routes) {
    app.openAPIRegistry.registerPath(documented(route))
    app.post(route.path, async ({ env: { incoming, outgoing } }) =>
      route === line ? stream(incoming) : respond(await desk.ask(route, incoming, outgoing)),
    )
  }
  app.get('/health', () => {
    const { ready, queued, inFlight } = dispatcher.state
    const status = draining() ? 'draining' : ready === 0 ? 'starting' : 'ok'
    const { name, range } = dispatcher.reward
    const health = { status, reward: name, range, workers: ready, queued, inFlight }
    return respond(desk.reply(status === 'ok' ? 200 : 503, JSON.stringify(health)))
  })
  app.get('/metrics', async ({ env }) => {
    if (!door.knows(env.incoming.headers)) return refuse(401, 'an API key is needed')
    return respond(desk.reply(200, await metrics.text(), { 'content-type': metrics.contentType }))
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
    if (routes.some(({ path }) => path === req.path)) return refuse(405, `${req.path} takes POST`, { allow: 'POST' })
    const paths = routes.map(({ path }) => path).join(', ')
    return refuse(404, `there is no such route; there are ${paths}, /health, /metrics, /openapi.json`)
  })
  app.onError((error) => {
    log('error', 'fault', { message: error.message, stack: error.stack })
    return refuse(500, error.message)
  })
  return app
}

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
