/** Work of a command with an open policy: a progress line, Ctrl-C, and an end that closes what was opened. */
import type { Policy } from '../policy/policy.ts'
import { type ExitCode, exitCodes } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { type Progress, progress } from './progress.ts'

/** Does the work and closes the policy however it ends. Work that Ctrl-C stopped ends with that code, not with its error. */
export async function withPolicy(
  policy: Policy & { close(): Promise<void> },
  work: (bar: Progress, signal: AbortSignal) => Promise<void>,
): Promise<ExitCode> {
  const bar = progress()
  using interrupt = onInterrupt(bar.note, 'stopping')
  try {
    await work(bar, interrupt.signal)
    return exitCodes.ok
  } catch (thrown) {
    if (!interrupt.signal.aborted) throw thrown
    return exitCodes.interrupted
  } finally {
    bar.done()
    await policy.close()
  }
}
