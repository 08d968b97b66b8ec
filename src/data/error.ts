/** The one error class for what a user can mend: it says where, what was found, and the way out. */
export class GuerdonError extends Error {
  /** The file, flag or config key at fault, where there is one. */
  readonly where: string | undefined

  /**
   * @param what one sentence: the rule that was broken and the value received
   * @param more where it happened, what to do about it, and the error underneath
   */
  constructor(what: string, more: { where?: string; fix?: string; cause?: unknown } = {}) {
    const place = more.where === undefined ? '' : `${more.where}: `
    const fix = more.fix === undefined ? '' : `\n  → ${more.fix}`
    super(`${place}${what}${fix}`, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'GuerdonError'
    this.where = more.where
  }
}

/** The message of whatever was thrown, which in JavaScript may be anything. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
