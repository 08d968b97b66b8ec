/** The words a failed program gets back, in the manner of an interpreter (LeTI, arXiv 2305.10314, section 2.2). */
import type { Program, Reason } from './program.ts'

/** An exception as a worker describes it. */
export interface RemoteError {
  /** The built-in class it is or derives from. */
  readonly type: string
  readonly name: string
  readonly args: readonly unknown[]
  readonly traceback: string
}

/** A failed test as the judge reports it. */
export interface Failure {
  readonly reason: Reason
  /** Its number among the asserts that ran, from 1. */
  readonly test: number
  /** The assert's source. */
  readonly code: string
  /** What came out, or a traceback. */
  readonly detail: string
}

const MEMORY = new Set(['MemoryError', 'InternalError: out of memory'])
const SYNTAX = new Set(['SyntaxError', 'IndentationError', 'TabError'])

/** The reason an exception stands for. */
export function reasonOf(error: RemoteError): Reason {
  if (MEMORY.has(error.type)) return 'memory'
  return SYNTAX.has(error.type) ? 'syntax error' : 'exception'
}

/** An exception's traceback with the line numbers of the model's own code and without addresses, which vary. */
export function feedbackOf(error: RemoteError, program: Program): string {
  return ownLines(error.traceback, program).trimEnd()
}

/** The failed tests, first to last, and how many held. */
export function failuresText(failures: readonly Failure[], passed: number, total: number, program: Program): string {
  const tests = failures.map(({ test, code, detail }) => {
    const head = code === '' ? `test ${test}` : `test ${test}: ${code}`
    return `${head}\n${ownLines(detail, program).trimEnd()}`
  })
  return [`${passed} of ${total} tests passed`, ...tests].join('\n')
}

/**
 * Where the model's code goes on in the middle of the task's (a body after its head), the interpreter numbers lines
 * from the start of the task's code. This counts them from the model's first line and names the task's lines <prompt>.
 */
function ownLines(traceback: string, program: Program): string {
  const text = traceback.replace(/ at 0x[0-9a-f]+(?=>)/g, '').replace(/^ +File "<guerdon>".*\n/gm, '')
  if (program.before?.joined !== true) return text
  const above = program.before.code.split('\n').length - 1
  return text
    .replace(/File "<program>", line (\d+)/g, (_, line) =>
      Number(line) > above ? `File "<program>", line ${Number(line) - above}` : `File "<prompt>", line ${line}`,
    )
    .replace(/<program>:(\d+)/g, (_, line) =>
      Number(line) > above ? `<program>:${Number(line) - above}` : `<prompt>:${line}`,
    )
    .replace(/\b(on|at) line (\d+)/g, (whole, word, line) =>
      Number(line) > above ? `${word} line ${Number(line) - above}` : whole,
    )
}
