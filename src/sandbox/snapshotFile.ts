/**
 * The Python interpreter's start-up snapshot, kept on disk beside the packages it is made of (node_modules/.cache), so
 * that only the first process ever pays the seconds of making it. The name says which interpreter and driver it belongs
 * to; a check sum in front of the bytes tells a damaged file, which is as good as none.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { DRIVER } from './python/driver.py.ts'

const CHECK_SUM = 32

/** The kept snapshot, or undefined where there is none to be trusted. */
export async function readSnapshot(): Promise<Uint8Array | undefined> {
  try {
    const bytes = await readFile(await snapshotPath())
    const snapshot = bytes.subarray(CHECK_SUM)
    return sha256(snapshot).equals(bytes.subarray(0, CHECK_SUM)) ? snapshot : undefined
  } catch {
    return undefined
  }
}

/** Keeps a snapshot. Where the folder cannot be written to, none is kept. */
export async function keepSnapshot(snapshot: Uint8Array): Promise<void> {
  try {
    const path = await snapshotPath()
    await mkdir(dirname(path), { recursive: true })
    await writeFileAtomic(path, Buffer.concat([sha256(snapshot), snapshot]))
  } catch {
    // A cache that cannot be written costs time, nothing else.
  }
}

async function snapshotPath(): Promise<string> {
  const manifest = fileURLToPath(import.meta.resolve('pyodide/package.json'))
  const key = sha256(Buffer.concat([await readFile(manifest), Buffer.from(DRIVER)]))
  return join(dirname(manifest), '..', '.cache', 'guerdon', `python-${key.toString('hex').slice(0, 16)}.snapshot`)
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}
