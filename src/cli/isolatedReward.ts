/**
 * A reward by its spec or by its file, ready for a whole data file: in worker threads, where past its deadline a call is
 * killed, or in this process where it waits for a judge.
 */
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { extname, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GuerdonError } from '../data/error.ts'
import { type IsolatedReward, isolated } from '../rewards/isolated.ts'
import { rubricFile } from '../rewards/judged/rubricFile.ts'
import type { Reward } from '../rewards/reward.ts'
import { check } from '../train/schema.ts'
import { inProcess } from './inProcess.ts'
import { rewardChoice, rewardParts } from './rewardParts.ts'

export interface Isolation {
  /** Milliseconds for one answer. Default 10 000; 60 000 where a judge is asked. */
  readonly deadlineMs?: number | undefined
  /** Threads. Default: one less than the processor has. */
  readonly workers?: number | undefined
}

/**
 * The reward that was asked for: a file such as ./reward.ts (its default export, or `file#name` for another one), a
 * rubric such as rubric.yaml, or a spec such as numericMatch(from=marker). Close it when done.
 */
export async function isolatedReward(asked: string, isolation: Isolation = {}): Promise<IsolatedReward> {
  if (isRubricFile(asked)) return judged(rubricFile(asked), isolation)
  const { deadlineMs = 10_000, workers = Math.max(1, availableParallelism() - 1) } = isolation
  const file = /^(.+\.[cm]?[jt]s)(?:#(\w+))?$/.exec(asked)
  const address = new URL(`./isolatedModule${extname(import.meta.url)}`, import.meta.url)
  if (file === null) {
    // Checked here, where an error can still name the option; the threads read the same text again.
    const read = check(rewardChoice, asked)
    if ('problems' in read) throw specError(asked, read.problems[0])
    if (/\brubric\(/.test(asked)) return judged(read.value, isolation)
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

/** Whether a reward is named by a rubric's file. */
export function isRubricFile(asked: string): boolean {
  return /\.(?:ya?ml|json)$/.test(asked)
}

/** Judges have connections, queues and models of their own: threads would have several of each. */
function judged(reward: Reward & { readonly close?: () => Promise<void> }, { deadlineMs = 60_000 }: Isolation) {
  const close = reward.close ?? (async () => undefined)
  return { ...inProcess(reward, deadlineMs), close, [Symbol.asyncDispose]: close }
}

function specError(asked: string, { path, message }: { path: readonly PropertyKey[]; message: string }): GuerdonError {
  const key = path.length === 0 ? '' : `${path.map(String).join('.')}: `
  return new GuerdonError(`${key}${message}`, {
    where: `reward '${asked}'`,
    fix: `name one of ${Object.keys(rewardParts).join(', ')}, or a file that exports one, such as ./reward.ts`,
  })
}
