/** What is given to a sandbox and what it answers. */

export type Language = 'python' | 'javascript'

/** A program nobody trusts. */
export interface Program {
  readonly language: Language
  /** The code as the model wrote it: line numbers in tracebacks count from its first line. */
  readonly source: string
  /**
   * Code given with the task. `before` is executed first, on its own; with `joined` the source goes on in the middle of
   * it (a function's body after its head), and both are compiled as one text.
   */
  readonly before?: { readonly code: string; readonly joined: boolean }
}

/** Tests that hold the program to its word; they live in another process than the program. */
export interface Tests {
  /** Pieces of test code, run in order in one namespace: asserts of the program's functions. */
  readonly code: readonly string[]
  /** The function under test, also called `candidate`. With it, a program that defines no such name fails. */
  readonly entry?: string
  /** Code given with the task whose helper functions the tests may use; never taken from the program. */
  readonly context?: string
}

export interface Limits {
  /** Seconds of wall time for one program with all its tests. Default 5. */
  readonly seconds: number
  /** Mebibytes of memory for the interpreter, its own 27 (Python) or 1 (JavaScript) included. Default 256. */
  readonly memory: number
  /** Kibibytes a program may print, both streams together. Default 1024. */
  readonly output: number
}

export const defaultLimits: Limits = { seconds: 5, memory: 256, output: 1024 }

/** Why a program failed. `crash` is a program that brought its interpreter down, by reaching for what is not there. */
export type Reason = 'wrong answer' | 'exception' | 'syntax error' | 'timeout' | 'memory' | 'output limit' | 'crash'

/** The end of a program that was only run. `broken` is the sandbox's failure, not the program's. */
export type Run =
  | { readonly kind: 'ran'; readonly stdout: string }
  | { readonly kind: 'failed'; readonly reason: Reason; readonly feedback: string; readonly stdout: string }
  | { readonly kind: 'broken'; readonly reason: string }

/** What the tests say of a program. `passed` of `total` asserts held. */
export type Verdict =
  | { readonly kind: 'passed'; readonly total: number }
  | {
      readonly kind: 'failed'
      readonly reason: Reason
      /** Text for whoever wrote the program: which test, what came out, the traceback with the program's own lines. */
      readonly feedback: string
      readonly passed: number
      readonly total: number
    }
  | { readonly kind: 'broken'; readonly reason: string }
