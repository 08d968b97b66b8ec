/**
 * A scoring process: loads the reward, then turns request bodies into response bodies. It may be killed at any moment;
 * its server asks another one for what it had not answered. Descriptor 3 is the data pipe, 4 the control pipe.
 */
import { isUtf8 } from 'node:buffer'
import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { GuerdonError, messageOf } from '../data/error.ts'
import type { Score } from '../data/score.ts'
import { type IsolatedModule, importReward } from '../rewards/isolatedWorker.ts'
import { frameReader, Kind } from '../sandbox/frames.ts'
import {
  type AnswerHead,
  type Control,
  decodeMessage,
  type Introduction,
  type JobHead,
  longestPayload,
  messageWriter,
  type UnscoredCause,
} from './messages.ts'
import { progress } from './progress.ts'
import type { About } from './route.ts'
import { routes } from './routes/index.ts'
import { type Scoring, scoring } from './scoring.ts'
import type { WatchdogStart } from './watchdog.ts'

/** What a scoring process is started with, as JSON, its only argument. */
export interface ScorerStart {
  readonly module: IsolatedModule
  readonly deadlineMs: number
  /** The number that stands for an unscored sample where a caller's format has no other way to say it. */
  readonly unscoredValue?: number
}

const [dataPipe, controlPipe] = [3, 4]
const byPath = new Map(routes.map((route) => [route.path, route]))

// A terminal's Ctrl-C goes to every process of the job; the server decides when this one ends.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
const pipe = new Socket({ fd: dataPipe, readable: true, writable: true })
pipe.on('close', () => process.exit(0))
pipe.on('error', () => process.exit(0))
const write = messageWriter(pipe)
await serve(JSON.parse(process.argv[2]))

async function serve({ module, deadlineMs, unscoredValue }: ScorerStart): Promise<void> {
  const place = progress()
  setInterval(() => place.beat(), 50)
  try {
    const reward = await importReward(module)
    const work = scoring({
      reward,
      deadlineMs,
      progress: place,
      begin: (job, piece) => tell({ kind: 'begin', job, piece }),
    })
    const { name, range, concurrency } = reward
    const introduction: Introduction = {
      name,
      ...(range === undefined ? {} : { range }),
      ...(concurrency === undefined ? {} : { concurrency }),
    }
    const about: About = { name, range, unscoredValue: unscoredValue ?? range?.[0] ?? 0 }
    listen(work, about)
    watch({ shared: place.shared, limitMs: deadlineMs, fd: controlPipe })
    write(Kind.ready, introduction)
  } catch (thrown) {
    write(Kind.crash, { message: messageOf(thrown) })
    // After what is written at the end of this turn.
    setImmediate(() => pipe.end(() => process.exit(1)))
  }
}

/** At once, so that it is said even if this process ends in the next instant. */
function tell(control: Control): void {
  writeSync(controlPipe, `${JSON.stringify(control)}\n`)
}

function watch(start: WatchdogStart): void {
  const entry = new URL(`./watchdog${extname(import.meta.url)}`, import.meta.url)
  new Worker(entry, { workerData: start }).unref()
}

function listen(work: Scoring, about: About): void {
  const reader = frameReader(longestPayload)
  pipe.on('data', (bytes: Uint8Array) => {
    for (const { kind, payload } of reader.push(bytes)) {
      const { head, body } = decodeMessage(payload)
      const job: JobHead = JSON.parse(head)
      // Each on its own, so that the first has its answer before the last is begun.
      setImmediate(() => {
        if (kind === Kind.request) void answer(job, body, work, about)
        else work.cancel(job.id)
      })
    }
  })
}

async function answer(job: JobHead, body: Buffer, work: Scoring, about: About): Promise<void> {
  const say = (status: number, reply: unknown, scores: readonly Score[]) => {
    const head: AnswerHead = { id: job.id, status, samples: scores.length, unscored: causes(scores) }
    write(Kind.done, head, JSON.stringify(reply))
  }
  const refuse = (status: number, message: string) => say(status, { error: { message } }, [])
  try {
    const route = byPath.get(job.route)
    if (route === undefined) return refuse(404, `there is no route ${job.route}`)
    if (!isUtf8(body)) return refuse(400, 'the body is not valid UTF-8')
    const question = route.question(parsed(body))
    const scores = await work.score(question.samples, job)
    say(200, question.answer(scores, about), scores)
  } catch (thrown) {
    if (thrown instanceof GuerdonError) refuse(400, thrown.message)
    else refuse(500, messageOf(thrown))
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString())
  } catch (thrown) {
    throw new GuerdonError(`the body is not JSON: ${messageOf(thrown).slice(0, 200)}`)
  }
}

function causes(scores: readonly Score[]): UnscoredCause[] {
  const found: { at: UnscoredCause['at']; count: number; reason: string }[] = []
  for (const score of scores) {
    if (score.kind === 'scored') continue
    const cause = found.find(({ at }) => at === score.at)
    if (cause === undefined) found.push({ at: score.at, count: 1, reason: score.reason })
    else cause.count++
  }
  return found
}
