/** Programs judged by what they print: pairs of standard input and expected output, compared outside the sandbox. */
import type { Program, Sandbox, Verdict } from '../sandbox/index.ts'

/** One run of the program: what it reads, and what it must print. */
export interface StdioCase {
  readonly stdin: string
  readonly stdout: string
}

/**
 * Runs the program on every case, each in a fresh interpreter. The expected output never enters the sandbox. After a run
 * that hit the time limit the remaining cases count as failed, so that one program costs one limit.
 */
export async function stdioVerdict(
  sandbox: Sandbox,
  program: Program,
  cases: readonly StdioCase[],
  signal?: AbortSignal,
): Promise<Verdict> {
  let passed = 0
  let first: Pick<Extract<Verdict, { kind: 'failed' }>, 'reason' | 'feedback'> | undefined
  for (const [index, { stdin, stdout }] of cases.entries()) {
    const run = await sandbox.run(program, stdin, signal)
    if (run.kind === 'broken') return run
    if (run.kind === 'failed') {
      first ??= { reason: run.reason, feedback: `test ${index + 1}\n${run.feedback}` }
      if (run.reason === 'timeout') break
      continue
    }
    const difference = firstDifference(run.stdout, stdout)
    if (difference === undefined) passed++
    else first ??= { reason: 'wrong answer', feedback: `test ${index + 1}: ${difference}` }
  }
  if (first === undefined) return { kind: 'passed', total: cases.length }
  const feedback = `${passed} of ${cases.length} tests passed\n${first.feedback}`
  return { kind: 'failed', reason: first.reason, feedback, passed, total: cases.length }
}

/**
 * Where two outputs differ, in words; undefined where they are the same. White space at the ends of lines and empty lines
 * at the end do not count.
 */
export function firstDifference(printed: string, expected: string): string | undefined {
  const got = linesOf(printed)
  const wanted = linesOf(expected)
  for (let line = 0; line < Math.max(got.length, wanted.length); line++) {
    if (got[line] === wanted[line]) continue
    return `line ${line + 1} is ${shown(got[line])}, expected ${shown(wanted[line])}`
  }
  return undefined
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd())
}

function shown(line: string | undefined): string {
  if (line === undefined) return 'missing'
  return JSON.stringify(line.length <= 200 ? line : `${line.slice(0, 200)}...`)
}
