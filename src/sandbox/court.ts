/**
 * The conversation of one trial: who asked whom, passed on frame by frame. Three parties speak: the owner (this
 * process) asks the subject to load the program and the judge to run the tests; the judge asks the subject to call the
 * program's functions; the subject asks the judge to call a function that the tests handed over. Each answers the last
 * question it was asked, so the open questions form a stack. Payloads between judge and subject pass unread.
 *
 * A stop (time, memory, output, a crash) is decided here once; from then on every question of the judge is answered
 * with it, whatever the subject says.
 */
import { Flag, type Frame, Kind } from './frames.ts'
import type { Limits, Reason } from './program.ts'
import { Vanished, type WorkerProcess } from './workerProcess.ts'

/** How long past its limit a program may take to notice the interrupt, in milliseconds. */
const GRACE = 250
/** How long the judge may take to report after a stop. */
const LAST_WORDS = 1000
/** Harmless tests do without a reset of the judge, but not for ever. */
const JUDGE_RESET = 100

/** Why the program was stopped. `payload` is what the subject said last, where it could still speak. */
export interface Stop {
  readonly reason: Reason
  readonly text: string
  readonly payload?: Uint8Array
}

export interface Court {
  /** Asks the subject; undefined when it was stopped before it answered. */
  askSubject(request: unknown): Promise<Uint8Array | undefined>
  /** Asks the judge; undefined when it was ended before it answered. */
  askJudge(request: unknown): Promise<Uint8Array | undefined>
  readonly stop: Stop | undefined
  /** The judge's memory need not be laid back after this trial. */
  sparesJudge(): void
  /** What the program has printed, as far as it was received. */
  printed(): string
  /** Ends the trial: idle workers forget it, busy ones are killed. */
  adjourn(): void
}

type Party = 'owner' | 'judge' | 'subject'
type Worker = 'judge' | 'subject'

/** Opens a trial. `signal` ends it early. */
export function convene(
  subject: WorkerProcess,
  judge: WorkerProcess | undefined,
  allowance: { readonly limits: Limits; readonly stdin: string },
  signal: AbortSignal | undefined,
): Court {
  const { limits } = allowance
  const output: Uint8Array[] = []
  const open: { asker: Party; asked: Worker }[] = []
  let answer: PromiseWithResolvers<Uint8Array | undefined> | undefined
  let stop: Stop | undefined
  let spared = false
  let over = false
  let lastWords: NodeJS.Timeout | undefined

  const last = () => open.at(-1)
  const tellJudge = (payload: Uint8Array) =>
    judge?.send(Kind.done, stop === undefined ? payload : JSON.stringify({ stop: stop.reason }))
  const stopWith = (reason: Reason, text: string, payload?: Uint8Array) => {
    stop ??= { reason, text, ...(payload === undefined ? {} : { payload }) }
    if (judge !== undefined && !over) lastWords ??= setTimeout(() => judge.kill('it did not report'), LAST_WORDS)
  }
  /** The subject can no longer answer: whoever waits for it is told. */
  const subjectIsDone = () => {
    while (last()?.asked === 'subject') {
      const question = open.pop()
      if (question?.asker === 'judge') tellJudge(new Uint8Array(0))
      else answer?.resolve(undefined)
    }
  }
  const noticed = (frame: Frame, payload?: Uint8Array) => {
    if ((frame.flags & Flag.output) !== 0) stopWith('output limit', outputText(limits), payload)
    if ((frame.flags & Flag.timeout) !== 0) stopWith('timeout', timeText(limits), payload)
  }
  const accuse = (text: string) => {
    stopWith('crash', text)
    subject.kill(text)
  }

  subject.listen({
    frame(frame) {
      if (frame.kind === Kind.output) output.push(frame.payload.slice())
      else if (frame.kind === Kind.crash) {
        const text = Buffer.from(frame.payload).toString()
        noticed(frame)
        stopWith((frame.flags & Flag.memory) !== 0 ? 'memory' : 'crash', text)
        subject.kill(text)
      } else if (frame.kind === Kind.done && last()?.asked === 'subject') {
        noticed(frame, frame.payload)
        if (open.pop()?.asker === 'judge') tellJudge(frame.payload)
        else answer?.resolve(stop === undefined ? frame.payload : undefined)
      } else if (frame.kind === Kind.request && last()?.asked === 'subject' && last()?.asker === 'judge') {
        open.push({ asker: 'subject', asked: 'judge' })
        judge?.send(Kind.request, frame.payload)
      } else accuse('the program spoke out of turn on the wire')
    },
    ended(reason) {
      if (stop === undefined && reason !== 'memory') answer?.reject(new Vanished(reason))
      stopWith(reason === 'memory' ? 'memory' : 'crash', reason)
      subjectIsDone()
    },
  })
  judge?.listen({
    frame(frame: Frame) {
      if ((frame.flags & Flag.timeout) !== 0) stopWith('timeout', timeText(limits))
      if (frame.kind === Kind.request) {
        open.push({ asker: 'judge', asked: 'subject' })
        if (stop === undefined) subject.send(Kind.request, frame.payload)
        else subjectIsDone()
      } else if (frame.kind === Kind.done) {
        if (open.pop()?.asker === 'owner') answer?.resolve(frame.payload)
        else if (stop === undefined) subject.send(Kind.done, frame.payload)
        else subjectIsDone()
      } else if (frame.kind === Kind.crash) judge.kill(Buffer.from(frame.payload).toString())
    },
    ended(reason) {
      if (stop === undefined) answer?.reject(new Vanished(`the tests' process ended: ${reason}`))
      else answer?.resolve(undefined)
    },
  })

  const deadline = setTimeout(
    () => {
      stopWith('timeout', timeText(limits))
      if (last()?.asked === 'subject') subject.kill('timeout')
    },
    limits.seconds * 1000 + GRACE,
  )
  const abort = () => {
    answer?.reject(new Error('the batch was aborted'))
  }
  signal?.addEventListener('abort', abort)

  const ask = (asked: Worker, worker: WorkerProcess | undefined, request: unknown) => {
    answer = Promise.withResolvers()
    if (signal?.aborted === true) abort()
    else if (stop !== undefined || worker === undefined) answer.resolve(undefined)
    else if (!worker.alive) answer.reject(new Vanished(`the ${asked}'s process was gone`))
    else {
      open.push({ asker: 'owner', asked })
      worker.send(Kind.request, JSON.stringify(request))
    }
    return answer.promise
  }
  const milliseconds = limits.seconds * 1000
  const allow = { milliseconds, outputBytes: limits.output * 1024, stdin: allowance.stdin }
  subject.send(Kind.limits, JSON.stringify(allow))
  // The judge has a little longer, so that a slow program is named before its tests are.
  judge?.send(Kind.limits, JSON.stringify({ ...allow, milliseconds: milliseconds + GRACE / 2, stdin: '' }))

  return {
    askSubject: (request) => ask('subject', subject, request),
    askJudge: (request) => ask('judge', judge, request),
    get stop() {
      return stop
    },
    sparesJudge() {
      spared = true
    },
    printed: () => Buffer.concat(output).toString(),
    adjourn() {
      over = true
      clearTimeout(deadline)
      clearTimeout(lastWords)
      signal?.removeEventListener('abort', abort)
      const busy = new Set(open.map(({ asked }) => asked))
      if (busy.has('subject')) subject.kill('the trial is over')
      if (busy.has('judge')) judge?.kill('the trial is over')
      subject.served++
      subject.send(Kind.reset, new Uint8Array(0))
      if (judge === undefined) return
      judge.served++
      if (!spared || judge.served % JUDGE_RESET === 0) judge.send(Kind.reset, new Uint8Array(0))
    },
  }
}

function timeText(limits: Limits): string {
  return `it was still running after ${limits.seconds} s`
}

function outputText(limits: Limits): string {
  return `it printed more than ${limits.output} KiB`
}
