/** How a command ends: its exit code, and what is printed where it fails. */
import { styleText } from 'node:util'
import { GuerdonError } from '../data/error.ts'

export const exitCodes = { ok: 0, failed: 1, wrongInput: 2, interrupted: 130 } as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The fault is in what the user gave: flags, a configuration, a data file. */
export class InputError extends Error {}

/** Reads something the user gave: what is wrong with it ends the command with code 2. */
export async function input<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (thrown) {
    throw asInput(thrown)
  }
}

/** The same for something that is read piece by piece. */
export async function* inputs<T>(pieces: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  try {
    yield* pieces
  } catch (thrown) {
    throw asInput(thrown)
  }
}

function asInput(thrown: unknown): unknown {
  return thrown instanceof GuerdonError ? new InputError(thrown.message, { cause: thrown }) : thrown
}

/** Prints an error, with its stack only where it is a fault of Guerdon's or of the user's own code, and gives its code. */
export function fail(thrown: unknown): ExitCode {
  const known = thrown instanceof InputError || thrown instanceof GuerdonError
  const text = known ? thrown.message : thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)
  process.stderr.write(`${styleText('red', 'error:', { stream: process.stderr })} ${text}\n`)
  return thrown instanceof InputError ? exitCodes.wrongInput : exitCodes.failed
}
