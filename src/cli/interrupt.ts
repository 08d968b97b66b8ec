/** Ctrl-C: the first one asks the work to stop at a good place, the second one ends the process at once. */
import { exitCodes } from './ending.ts'

export interface Interrupt extends Disposable {
  /** Aborted by the first Ctrl-C (or SIGTERM). */
  readonly signal: AbortSignal
}

/** Listens until it is disposed of. `notice` is told to the user at the first Ctrl-C: what is still going to happen. */
export function onInterrupt(notice: (text: string) => void, what: string): Interrupt {
  const controller = new AbortController()
  let first = 0
  const interrupt = () => {
    if (controller.signal.aborted) {
      // A signal to a whole group of processes may come twice: by itself, and handed on by whoever started this one.
      if (performance.now() - first > 200) process.exit(exitCodes.interrupted)
      return
    }
    first = performance.now()
    notice(`${what} (Ctrl-C again to quit at once)`)
    controller.abort(new Error('interrupted'))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', interrupt)
      process.off('SIGTERM', interrupt)
    },
  }
}
