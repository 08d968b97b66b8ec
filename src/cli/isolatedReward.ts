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
  const { address, file, reward } = rewardAddress(asked)
  if (reward !== undefined && asksJudge(asked)) return judged(reward, isolation)
  try {
    return await isolated(address, { deadlineMs, workers })
  } catch (thrown) {
    throw loadError(thrown, file)
  }
}

export interface RewardAddress {
  /** The module whose default export is the reward, wherever it is loaded. */
  readonly address: URL
  /** The user's own file, where it is one. */
  readonly file?: string
  /** The reward of a spec. */
  readonly reward?: Reward
}

/** Where threads and processes find the reward that was asked for. Throws a GuerdonError where there is none such. */
export function rewardAddress(asked: string): RewardAddress {
  const address = new URL(`./isolatedModule${extname(import.meta.url)}`, import.meta.url)
  const [, file, name] = /^(.+\.(?:[cm]?[jt]s|ya?ml|json))(?:#(\w+))?$/.exec(asked) ?? []
  if (file === undefined) {
    // Checked here, where an error can still name the option; the threads read the same text again.
    const read = check(rewardChoice, asked)
    if ('problems' in read) throw specError(asked, read.problems[0])
    address.searchParams.set('spec', asked)
    return { address, reward: read.value }
  }
  const path = resolve(file)
  if (!existsSync(path)) throw new GuerdonError('there is no such file', { where: file })
  if (isRubricFile(file)) address.searchParams.set('rubric', path)
  else address.searchParams.set('module', pathToFileURL(path).href)
  if (name !== undefined) address.searchParams.set('export', name)
  return { address, file }
}

/** The error of loading a reward, about the user's own file where it is one. */
export function loadError(thrown: unknown, file: string | undefined): unknown {
  if (!(thrown instanceof GuerdonError) || file === undefined) return thrown
  const inner = thrown.message.slice(thrown.where === undefined ? 0 : thrown.where.length + 2).split('\n  → ')[0]
  return new GuerdonError(inner, {
    where: file,
    fix: 'export the reward as default, made for example with defineReward',
    cause: thrown,
  })
}

/** Whether a spec names a judge. */
export function asksJudge(asked: string): boolean {
  return isRubricFile(asked) || /\brubric\(/.test(asked)
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
