/** Waiting that an abort signal ends. */
import { setTimeout as timer } from 'node:timers/promises'
import { GuerdonError } from '../data/error.ts'

/** The longest a timer of Node waits, in seconds; a longer one would fire at once. */
export const longestTimer = (2 ** 31 - 1) / 1000

/** The value, where it is a number above 0. Throws a GuerdonError that names the option otherwise. */
export function positive(value: number, option: string): number {
  if (value > 0) return value
  throw new GuerdonError(`must be a number above 0, not ${value}`, { where: option })
}

/** Whether `seconds` passed; false as soon as the signal is aborted. */
export async function slept(seconds: number, signal: AbortSignal | undefined): Promise<boolean> {
  return timer(Math.min(seconds, longestTimer) * 1000, true, signal === undefined ? {} : { signal }).catch(() => false)
}

/** What `promise` gives, or undefined as soon as the signal is aborted. The promise goes on unheard. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T | undefined> {
  if (signal === undefined) return promise
  if (signal.aborted) {
    promise.catch(() => undefined)
    return undefined
  }
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>()
  const onAbort = () => resolve(undefined)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
