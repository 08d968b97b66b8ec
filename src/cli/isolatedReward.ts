/** A reward in worker threads, by its spec or by the file that exports it: past its deadline a call is killed. */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GuerdonError } from '../data/error.ts'
import { type IsolatedReward, isolated } from '../rewards/isolated.ts'
import { check } from '../train/schema.ts'
import { rewardChoice, rewardParts } from './rewardParts.ts'

export interface Isolation {
  /** Milliseconds for one answer. Default 10 000. */
  readonly deadlineMs?: number | undefined
  /** Threads. Default: one less than the processor has. */
  readonly workers?: number | undefined
}

/**
 * The reward that was asked for: a file such as ./reward.ts (its default export, or `file#name` for another one), or
 * a spec such as numericMatch(from=marker). Close it when done.
 */
export async function isolatedReward(asked: string, isolation: Isolation = {}): Promise<IsolatedReward> {
  const { deadlineMs = 10_000, workers = Math.max(1, availableParallelism() - 1) } = isolation
  const file = /^(.+\.[cm]?[jt]s)(?:#(\w+))?$/.exec(asked)
  const address = new URL(`./isolatedModule${extname(import.meta.url)}`, import.meta.url)
  if (file === null) {
    // Checked here, where an error can still name the option; the threads read the same text again.
    const read = check(rewardChoice, asked)
    if ('problems' in read) throw specError(asked, read.problems[0])
    address.searchParams.set('spec', asked)
  } else {
    const path = resolve(file[1])
    if (!existsSync(path)) throw new GuerdonError('there is no such file', { where: file[1] })
    address.searchParams.set('module', pathToFileURL(path).href)
    if (file[2] !== undefined) address.searchParams.set('export', file[2])
  }
  try {
    return await isolated(address, { deadlineMs, workers })
  } catch (thrown) {
    if (!(thrown instanceof GuerdonError) || file === null) throw thrown
    const inner = thrown.message.slice(thrown.where === undefined ? 0 : thrown.where.length + 2).split('\n  → ')[0]
    throw new GuerdonError(inner, {
      where: file[1],
      fix: 'export the reward as default, made for example with defineReward',
      cause: thrown,
    })
  }
}

function specError(asked: string, { path, message }: { path: readonly PropertyKey[]; message: string }): GuerdonError {
  const key = path.length === 0 ? '' : `${path.map(String).join('.')}: `
  return new GuerdonError(`${key}${message}`, {
    where: `reward '${asked}'`,
    fix: `name one of ${Object.keys(rewardParts).join(', ')}, or a file that exports one, such as ./reward.ts`,
  })
}
