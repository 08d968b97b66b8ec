/** The flags of this process as a worker thread can take them. */

/**
 * Workers inherit this process's flags by themselves, but Node refuses --input-type, which speaks of code on the command
 * line, beside a file: where it is set, the others are handed on without it.
 */
export function workerFlags(): { execArgv?: string[] } {
  const isInputType = (flag: string) => flag.startsWith('--input-type')
  const { execArgv } = process
  return execArgv.some(isInputType) ? { execArgv: execArgv.filter((flag) => !isInputType(flag)) } : {}
}
