/**
 * The trial of one program. The subject (a process) runs the program, the judge (another process) runs the tests and
 * calls the program's functions through the owner; values cross as plain data. The verdict is the judge's: nothing that
 * a program does inside its own process can change what another process concluded.
 */
import { z } from 'zod'
import { messageOf } from '../data/error.ts'
import { type Court, convene, type Stop } from './court.ts'
import { failuresText, feedbackOf, reasonOf } from './feedback.ts'
import type { Limits, Program, Reason, Run, Tests, Verdict } from './program.ts'
import type { WorkerProcess } from './workerProcess.ts'

const remoteError = z.object({
  type: z.string(),
  name: z.string(),
  args: z.array(z.unknown()),
  traceback: z.string(),
})

/** The subject's answer to being given the program. It comes from where the program runs, so anything may be in it. */
const loaded = z.union([
  z.object({ error: remoteError }),
  z.object({ names: z.record(z.string(), z.unknown()), error: z.undefined().optional() }),
])

const reported = z.object({
  /** The tests left nothing behind in the judge. */
  clean: z.boolean().default(false),
  broken: z.string().optional(),
  passed: z.int().default(0),
  total: z.int().default(0),
  failures: z
    .array(
      z.object({
        reason: z.enum(['wrong answer', 'exception', 'memory']),
        test: z.int(),
        code: z.string(),
        detail: z.string(),
      }),
    )
    .default([]),
})

/** What a trial takes besides its workers. */
interface Terms {
  readonly limits: Limits
  readonly signal?: AbortSignal | undefined
}

/** Runs a program to its end, with `stdin` as its input. */
export async function runProgram(subject: WorkerProcess, program: Program, stdin: string, terms: Terms): Promise<Run> {
  const court = convene(subject, undefined, { limits: terms.limits, stdin }, terms.signal)
  try {
    const outcome = await load(court, program, '__main__')
    const stdout = court.printed()
    return outcome.kind === 'failed' ? { ...outcome, stdout } : { kind: 'ran', stdout }
  } finally {
    court.adjourn()
  }
}

/** Runs a program, then its tests. */
export async function tryProgram(
  subject: WorkerProcess,
  judge: WorkerProcess,
  program: Program,
  tests: Tests,
  terms: Terms,
): Promise<Verdict> {
  const court = convene(subject, judge, { limits: terms.limits, stdin: '' }, terms.signal)
  try {
    const outcome = await load(court, program, 'program')
    if (outcome.kind === 'failed') return { ...outcome, passed: 0, total: 1 }
    const payload = await court.askJudge({
      tests: tests.code,
      entry: tests.entry ?? null,
      context: tests.context ?? '',
      names: outcome.names,
    })
    const report = reported.parse(payload === undefined ? {} : JSON.parse(Buffer.from(payload).toString()))
    if (report.clean) court.sparesJudge()
    const counts = { passed: report.passed, total: Math.max(report.total, report.passed + 1) }
    if (court.stop !== undefined) return { ...failureOf(court.stop, program), ...counts }
    if (report.broken !== undefined) return { kind: 'broken', reason: report.broken }
    const [first] = report.failures
    if (first !== undefined) {
      const feedback = failuresText(report.failures, report.passed, report.total, program)
      return { kind: 'failed', reason: first.reason, feedback, ...counts }
    }
    if (report.total === 0 || report.passed !== report.total) {
      return { kind: 'broken', reason: `the judge counted ${report.passed} of ${report.total} tests and no failure` }
    }
    return { kind: 'passed', total: report.total }
  } finally {
    court.adjourn()
  }
}

interface Failed {
  readonly kind: 'failed'
  readonly reason: Reason
  readonly feedback: string
}

async function load(
  court: Court,
  program: Program,
  module: string,
): Promise<Failed | { readonly kind: 'loaded'; readonly names: Readonly<Record<string, unknown>> }> {
  const payload = await court.askSubject({ module, units: unitsOf(program) })
  if (payload === undefined) return failureOf(court.stop, program)
  const answer = parseLoaded(payload)
  if (answer.error === undefined) return { kind: 'loaded', names: answer.names }
  return { kind: 'failed', reason: reasonOf(answer.error), feedback: feedbackOf(answer.error, program) }
}

/** The texts to compile, each under the name that its tracebacks show. */
function unitsOf(program: Program): { source: string; file: string; optional?: boolean }[] {
  const { source, before } = program
  if (before === undefined) return [{ source, file: '<program>' }]
  if (before.joined) return [{ source: before.code + source, file: '<program>' }]
  return [
    // The task's code may stop in the middle of a function, which a whole program then replaces.
    { source: before.code, file: '<prompt>', optional: true },
    { source, file: '<program>' },
  ]
}

function parseLoaded(payload: Uint8Array): z.infer<typeof loaded> {
  try {
    return loaded.parse(JSON.parse(Buffer.from(payload).toString()))
  } catch (thrown) {
    return { error: { type: 'Exception', name: 'Exception', args: [], traceback: `no answer: ${messageOf(thrown)}` } }
  }
}

/** A stop in words: what happened and, where the interpreter could still say it, at which line. */
function failureOf(stop: Stop | undefined, program: Program): Failed {
  if (stop === undefined) return { kind: 'failed', reason: 'crash', feedback: 'the program gave no answer' }
  const answer = stop.payload === undefined ? undefined : parseLoaded(stop.payload)
  const where = answer?.error === undefined ? '' : feedbackOf(answer.error, program)
  // The last line names the interrupt that the sandbox raised itself.
  const frames = where.replace(/\n(KeyboardInterrupt|OSError|InternalError)[^\n]*$/, '')
  return { kind: 'failed', reason: stop.reason, feedback: frames === '' ? stop.text : `${frames}\n${stop.text}` }
}
