/**
 * Checkpoints: `checkpoints/step-000050/` holds whatever its writer put there and the loop's own `state.json`. A
 * folder of that name is always whole: it is filled under a hidden name, flushed to the disk, then renamed. Older ones
 * go only after that, and under a hidden name too, so that a kill at any moment leaves no half checkpoint.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { GuerdonError, messageOf } from '../data/error.ts'
import type { Json } from '../data/message.ts'

export interface Checkpoint {
  readonly step: number
  readonly folder: string
  /** What the loop gave to be kept: counters, random states, its place in the data. */
  readonly state: Json
}

/** Puts files (policies, companions) into the folder it is given. */
export type WriteFolder = (folder: string) => Promise<void>

/**
 * Saves a checkpoint into the run folder and then removes all but the last `keep`. Throws a GuerdonError when the
 * disk is full; whatever is thrown, the earlier checkpoints stay and nothing of the new one does.
 */
export async function writeCheckpoint(
  run: string,
  step: number,
  state: Json,
  write: WriteFolder,
  keep: number,
): Promise<void> {
  const parent = join(run, 'checkpoints')
  const folder = join(parent, nameOf(step))
  const unfinished = join(parent, `.${nameOf(step)}.unfinished`)
  try {
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    await write(unfinished)
    await writeFileAtomic(join(unfinished, 'state.json'), `${JSON.stringify(state)}\n`)
    await flush(unfinished)
    await rename(unfinished, folder)
  } catch (thrown) {
    await rm(unfinished, { recursive: true, force: true }).catch(() => undefined)
    throw isDiskFull(thrown) ? diskFullError(folder, thrown) : thrown
  }
  await flush(parent, false)
  const steps = await stepsIn(parent)
  for (const old of steps.slice(0, Math.max(0, steps.length - keep))) await remove(parent, nameOf(old))
}

/** The whole checkpoint with the highest step, or undefined where there is none. */
export async function latestCheckpoint(run: string): Promise<Checkpoint | undefined> {
  const parent = join(run, 'checkpoints')
  const step = (await stepsIn(parent)).at(-1)
  if (step === undefined) return undefined
  const folder = join(parent, nameOf(step))
  const file = join(folder, 'state.json')
  try {
    const state: Json = JSON.parse(await readFile(file, 'utf8'))
    return { step, folder, state }
  } catch (cause) {
    throw new GuerdonError(`the checkpoint's state cannot be read: ${messageOf(cause)}`, {
      where: file,
      fix: `delete ${folder} to go on from the checkpoint before it`,
      cause,
    })
  }
}

/** Removes what a killed process left half written or half deleted. */
export async function clearUnfinished(run: string): Promise<void> {
  const parent = join(run, 'checkpoints')
  const names = await namesIn(parent)
  const hidden = names.filter((name) => name.startsWith('.step-'))
  await Promise.all(hidden.map((name) => rm(join(parent, name), { recursive: true, force: true })))
}

function nameOf(step: number): string {
  return `step-${String(step).padStart(6, '0')}`
}

async function stepsIn(parent: string): Promise<number[]> {
  const names = await namesIn(parent)
  const steps = names.flatMap((name) => /^step-(\d{6,})$/.exec(name)?.[1] ?? [])
  return steps.map(Number).sort((a, b) => a - b)
}

async function namesIn(parent: string): Promise<string[]> {
  try {
    return await readdir(parent)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return []
    throw thrown
  }
}

async function remove(parent: string, name: string): Promise<void> {
  const hidden = join(parent, `.${name}.removed`)
  await rename(join(parent, name), hidden)
  await rm(hidden, { recursive: true, force: true })
}

/** Has the disk keep a folder and, unless `deep` is false, all that is in it. */
async function flush(folder: string, deep = true): Promise<void> {
  const entries = deep ? await readdir(folder, { withFileTypes: true }) : []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await flush(path)
    else if (entry.isFile()) await flushFile(path)
  }
  // Windows cannot open folders; there the rename alone has to do.
  if (process.platform !== 'win32') await flushFile(folder, 'r')
}

async function flushFile(path: string, mode = 'r+'): Promise<void> {
  const file = await open(path, mode)
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

function isDiskFull(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  return ('code' in thrown && (thrown.code === 'ENOSPC' || thrown.code === 'EDQUOT')) || isDiskFull(thrown.cause)
}

function diskFullError(folder: string, cause: unknown): GuerdonError {
  return new GuerdonError('the checkpoint could not be saved: the disk is full', {
    where: folder,
    fix: 'free some space and resume the run: the earlier checkpoints are whole',
    cause,
  })
}
