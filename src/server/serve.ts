/**
 * A reward over HTTP. This process speaks HTTP and keeps the queue; the reward runs in processes of its own, which may
 * hang, crash or be killed without losing a request.
 */
import { createServer } from 'node:http'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { GuerdonError, messageOf } from '../data/error.ts'
import { guerdonVersion } from '../runs/runConfig.ts'
import { rewardListener } from './app.ts'
import { dispatcher } from './dispatcher.ts'
import { type ApiKey, door } from './keys.ts'
import type { Log } from './log.ts'
import { serverMetrics } from './metrics.ts'

export interface ServeOptions {
  /** The export that is the reward. Default 'default'. */
  readonly exportName?: string | undefined
  /** Default '127.0.0.1': this machine alone. */
  readonly host?: string | undefined
  /** Default 5000; 0 takes a free one. */
  readonly port?: number | undefined
  /** Processes that score. Default: one less than the processor has, at least 1. One more is kept ready. */
  readonly workers?: number | undefined
  /** Milliseconds for one sample (one prompt's samples where the reward is listwise). Default 10 000. */
  readonly deadlineMs?: number | undefined
  /** Milliseconds for one request. Default 150 000, which is below the 180 s that OpenRLHF waits. */
  readonly requestMs?: number | undefined
  /** Requests that one process works on at once. Default 64. */
  readonly inFlight?: number | undefined
  /** Requests that wait at most; more are answered 503 with retry-after. Default 1024. */
  readonly queueLimit?: number | undefined
  /** Bytes of one body. Default 16 MiB. */
  readonly bodyBytes?: number | undefined
  /** Milliseconds a body may take to arrive. Default 30 000. */
  readonly bodyMs?: number | undefined
  /** Heap of each scoring process in megabytes. Default 512. */
  readonly memoryMb?: number | undefined
  /** Milliseconds for loading the reward. Default 30 000. */
  readonly startMs?: number | undefined
  /** Default: none, everyone who can reach it may ask. */
  readonly keys?: readonly ApiKey[] | undefined
  /** Stands for an unscored sample where a caller's format demands a number. Default: the least of the range, or 0. */
  readonly unscoredValue?: number | undefined
  /** Default: nowhere. */
  readonly log?: Log | undefined
  /** Logs every request, and not only those that failed. Default false. */
  readonly accessLog?: boolean | undefined
}

export interface RewardServer extends AsyncDisposable {
  /** http://127.0.0.1:5000 */
  readonly url: string
  readonly reward: { readonly name: string; readonly range?: readonly [number, number] }
  /**
   * Takes no new connection, answers what was accepted, and ends. False where something was left unanswered after
   * `withinMs`.
   */
  drain(withinMs: number): Promise<boolean>
  /** Ends at once. */
  close(): Promise<void>
}

/** Bodies of all requests together. */
const budgetBytes = 512 << 20
const mostConnections = 4096

/**
 * Serves the reward that a module exports. The routes are those of `docs/server.md` and of /openapi.json.
 *
 *     await using server = await serve('./reward.ts', { port: 5000 })
 *
 * @param module a path (from the working directory) or a file URL
 * @throws GuerdonError where the module does not load or exports no reward, and where the port cannot be had
 */
export async function serve(module: string | URL, options: ServeOptions = {}): Promise<RewardServer> {
  const { host = '127.0.0.1', port = 5000, log = () => undefined, requestMs = 150_000 } = options
  const url = module instanceof URL ? module : pathToFileURL(resolve(module))
  const scorers = await dispatcher({
    module: { url: url.href, exportName: options.exportName ?? 'default' },
    workers: options.workers ?? Math.max(1, availableParallelism() - 1),
    deadlineMs: options.deadlineMs ?? 10_000,
    inFlight: options.inFlight ?? 64,
    queueLimit: options.queueLimit ?? 1024,
    memoryMb: options.memoryMb ?? 512,
    startMs: options.startMs ?? 30_000,
    ...(options.unscoredValue === undefined ? {} : { unscoredValue: options.unscoredValue }),
    log,
  })
  let draining = false
  const listener = rewardListener({
    dispatcher: scorers,
    door: door(options.keys ?? []),
    metrics: serverMetrics(() => scorers.state),
    log,
    limits: { most: options.bodyBytes ?? 16 << 20, withinMs: options.bodyMs ?? 30_000 },
    budget: { most: budgetBytes, held: 0 },
    requestMs,
    accessLog: options.accessLog ?? false,
    version: await guerdonVersion(),
    draining: () => draining,
  })
  const server = createServer(
    // The time for a body is kept where it is read: a stream may take as long as it likes.
    {
      requestTimeout: 0,
      headersTimeout: 10_000,
      connectionsCheckingInterval: 2000,
      keepAliveTimeout: 65_000,
      noDelay: true,
    },
    listener,
  )
  server.maxConnections = mostConnections
  const close = async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
    scorers.close()
  }
  try {
    await new Promise<void>((listening, failed) => server.once('error', failed).listen(port, host, listening))
  } catch (thrown) {
    scorers.close()
    throw new GuerdonError(`cannot listen on ${host}:${port}: ${messageOf(thrown)}`, {
      fix: 'choose another port, or end what listens there',
      cause: thrown,
    })
  }
  const address = server.address()
  const bound = typeof address === 'object' && address !== null ? address.port : port
  const { name, range } = scorers.reward
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    reward: { name, ...(range === undefined ? {} : { range }) },
    async drain(withinMs) {
      draining = true
      // No new connections; those that are idle end now, the others with their next answer.
      const closed = new Promise<'closed'>((done) => server.close(() => done('closed')))
      server.closeIdleConnections()
      const limit = new AbortController()
      const late = setTimeout(withinMs, 'late' as const, { signal: limit.signal }).catch(() => 'late' as const)
      const how = await Promise.race([closed, late])
      limit.abort()
      const left = scorers.state.queued + scorers.state.inFlight
      server.closeAllConnections()
      scorers.close()
      return how === 'closed' || left === 0
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}
