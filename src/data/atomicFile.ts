/**
 * Files that are either wholly there or not at all: written beside their place, flushed to the disk, then renamed
 * over it (rename(2) is atomic within a file system). A crash, a full disk or a thrown error leaves the earlier file.
 */
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { GuerdonError, messageOf } from './error.ts'

/** Takes the next bytes of the file. They are on their way to the disk when the promise resolves. */
export type WriteBytes = (bytes: Uint8Array) => Promise<void>

/**
 * Writes a whole file, so that a reader finds the earlier content or the new one and never a part.
 * Throws a GuerdonError that names the path when the folder is missing, not writable, or the disk is full.
 */
export function writeFileAtomic(path: string, content: string | Uint8Array): Promise<void> {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return writeStreamAtomic(path, (write) => write(bytes))
}

/**
 * The same for a file too large to hold: `produce` hands over its bytes piece by piece. If it throws, nothing is
 * left behind and its own error is the one that comes out.
 */
export async function writeStreamAtomic(path: string, produce: (write: WriteBytes) => Promise<void>): Promise<void> {
  const folder = dirname(path)
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.tmp`)
  const file = await open(temporary, 'wx').catch((cause) => {
    throw diskError(path, cause)
  })
  try {
    // Errors of the disk are told apart from errors of `produce`, which are passed on as they are.
    await produce((bytes) => onDisk(path, () => file.writeFile(bytes)))
    await onDisk(path, () => file.sync())
    await file.close()
    await onDisk(path, () => rename(temporary, path))
  } catch (thrown) {
    await file.close().catch(() => undefined)
    await rm(temporary, { force: true }).catch(() => undefined)
    throw thrown
  }
  await syncFolder(folder)
}

async function onDisk<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (cause) {
    throw diskError(path, cause)
  }
}

const causes: Readonly<Record<string, { readonly what: string; readonly fix: string }>> = {
  ENOSPC: { what: 'the disk is full', fix: 'free some space; the earlier file is as it was' },
  EDQUOT: { what: 'the disk quota is used up', fix: 'free some space; the earlier file is as it was' },
  EFBIG: { what: 'the file is larger than this system allows', fix: 'raise the limit on file sizes (ulimit -f)' },
  EACCES: { what: 'writing there is not permitted', fix: 'choose another folder or change its permissions' },
  EPERM: { what: 'writing there is not permitted', fix: 'choose another folder or change its permissions' },
  EROFS: { what: 'that file system is read-only', fix: 'choose another folder' },
  ENOENT: { what: 'the folder does not exist', fix: 'create the folder first' },
  ENOTDIR: { what: 'a part of the path is not a folder', fix: 'check the path' },
  EISDIR: { what: 'a folder of this name is there already', fix: 'choose another name' },
}

/** A GuerdonError for a failed write: the path, the cause in words, and what to do. */
export function diskError(path: string, cause: unknown): GuerdonError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const known = causes[code]
  if (known === undefined) return new GuerdonError(`could not be written: ${messageOf(cause)}`, { where: path, cause })
  return new GuerdonError(`could not be written: ${known.what} (${code})`, { where: path, fix: known.fix, cause })
}

/** The rename itself is durable only once the folder is flushed; systems that cannot open a folder skip this. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } catch {
    // The file is whole either way.
  } finally {
    await handle?.close()
  }
}
