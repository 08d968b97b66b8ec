/**
 * One writer per run folder. Each claimant puts down an empty file `lock.<pid>.<start>.<host>` and then looks for
 * others: who sees a living one takes its own back. Both steps are atomic and nobody removes a living process's file,
 * so two can never both hold the folder, and a process killed at any moment blocks nobody: its file names a process
 * that is no more, and the next claimant removes it. `start` is the process's start time, so that a new process with
 * a dead one's number is not taken for it.
 */
import { readFileSync } from 'node:fs'
import { open, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { diskError } from '../data/atomicFile.ts'
import { GuerdonError } from '../data/error.ts'

/** Gives the folder back. */
export type Unlock = () => Promise<void>

/**
 * Claims a folder for this process. Throws a GuerdonError that names the process and the machine when another run
 * (or this process itself, a second time) holds it.
 */
export async function lockFolder(folder: string): Promise<Unlock> {
  const own = join(folder, lockName(process.pid, startTime(process.pid), hostname()))
  const file = await open(own, 'wx').catch((cause) => {
    if (cause.code === 'EEXIST') throw heldError(folder, process.pid, hostname())
    throw diskError(own, cause)
  })
  await file.close()
  const unlock = () => rm(own, { force: true })
  for (const name of await readdir(folder)) {
    const lock = parseLock(name)
    const path = join(folder, name)
    if (lock === undefined || path === own) continue
    if (isAlive(lock)) {
      await unlock()
      throw heldError(folder, lock.pid, lock.host)
    }
    await rm(path, { force: true })
  }
  return unlock
}

/** Whether a file of this name in a run folder is a lock. */
export function isLock(name: string): boolean {
  return parseLock(name) !== undefined
}

interface Lock {
  readonly pid: number
  readonly start: string
  readonly host: string
}

function lockName(pid: number, start: string, host: string): string {
  return `lock.${pid}.${start}.${host.replace(/[^\w.-]/g, '_')}`
}

function parseLock(name: string): Lock | undefined {
  const found = /^lock\.(\d+)\.(\d+)\.(.+)$/.exec(name)
  return found === null ? undefined : { pid: Number(found[1]), start: found[2], host: found[3] }
}

/** A process on another machine cannot be looked at, so it counts as alive. */
function isAlive(lock: Lock): boolean {
  if (lockName(lock.pid, lock.start, hostname()) !== lockName(lock.pid, lock.start, lock.host)) return true
  try {
    process.kill(lock.pid, 0)
  } catch (thrown) {
    // EPERM: it lives, and belongs to someone else.
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EPERM')) return false
  }
  return startTime(lock.pid) === lock.start
}

/** When a process began, in clock ticks since boot (field 22 of /proc/pid/stat); '0' where there is no /proc. */
function startTime(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name in field 2 may hold spaces and parentheses: count from its closing one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return '0'
  }
}

function heldError(folder: string, pid: number, host: string): GuerdonError {
  const here = host === hostname()
  const what = here && pid === process.pid ? 'this process has it open already' : `process ${pid} on ${host} holds it`
  return new GuerdonError(`a run is writing to this folder: ${what}`, {
    where: folder,
    fix: here
      ? 'wait for that run or stop it, or choose another folder'
      : `wait for that run or choose another folder; if no such process lives on ${host}, delete ${folder}/lock.${pid}.*`,
  })
}
