/** What the server counts, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { UnscoredCause } from './messages.ts'

export interface ServerMetrics {
  /** A request that was answered: its route, the status, milliseconds. */
  request(route: string, status: number, ms: number): void
  samples(route: string, count: number, unscored: readonly UnscoredCause[]): void
  /** All of it as text, and the type of that text. */
  text(): Promise<string>
  readonly contentType: string
}

export interface GaugeSource {
  readonly queued: number
  readonly inFlight: number
  readonly ready: number
  readonly deaths: number
}

interface Child {
  readonly requests: Counter.Internal
  readonly seconds: Histogram.Internal<'route'>
  readonly samples: Counter.Internal
}

/** @param state is looked at when the metrics are asked for */
export function serverMetrics(state: () => GaugeSource): ServerMetrics {
  const registers = [new Registry()]
  const [registry] = registers
  collectDefaultMetrics({ register: registry })
  const requests = new Counter({
    ...{
      name: 'guerdon_requests_total',
      help: 'Requests answered',
      labelNames: ['route', 'status'] as const,
      registers,
    },
  })
  const seconds = new Histogram({
    ...{ name: 'guerdon_request_seconds', help: 'Time to answer', labelNames: ['route'] as const, registers },
    buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 180],
  })
  const samples = new Counter({
    ...{ name: 'guerdon_samples_total', help: 'Samples asked about', labelNames: ['route'] as const, registers },
  })
  const unscored = new Counter({
    ...{
      name: 'guerdon_unscored_total',
      help: 'Samples that could not be scored',
      labelNames: ['at'] as const,
      registers,
    },
  })
  const gauge = (name: string, help: string, read: (source: GaugeSource) => number) =>
    new Gauge({
      ...{ name, help, registers },
      collect() {
        this.set(read(state()))
      },
    })
  gauge('guerdon_queued', 'Requests that wait', ({ queued }) => queued)
  gauge('guerdon_in_flight', 'Requests that are being scored', ({ inFlight }) => inFlight)
  gauge('guerdon_workers', 'Scoring processes that are ready', ({ ready }) => ready)
  gauge('guerdon_worker_deaths', 'Scoring processes that ended', ({ deaths }) => deaths)
  // A labelled child is looked up once, not at every request.
  const children = new Map<string, Map<number, Child>>()
  const child = (route: string, status: number) => {
    const ofRoute = children.get(route) ?? new Map<number, Child>()
    children.set(route, ofRoute)
    const found = ofRoute.get(status)
    if (found !== undefined) return found
    const made = {
      requests: requests.labels(route, String(status)),
      seconds: seconds.labels(route),
      samples: samples.labels(route),
    }
    ofRoute.set(status, made)
    return made
  }
  return {
    request(route, status, ms) {
      const counts = child(route, status)
      counts.requests.inc()
      counts.seconds.observe(ms / 1000)
    },
    samples(route, count, causes) {
      child(route, 200).samples.inc(count)
      for (const { at, count } of causes) unscored.labels(at).inc(count)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
