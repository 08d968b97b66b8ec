/** Exact reads from an open file. */
import type { FileHandle } from 'node:fs/promises'
import { GuerdonError, messageOf } from './error.ts'

/** Fills an array with the file's bytes from `start` on. Throws a GuerdonError where the file ends before. */
export async function readExactly(file: FileHandle, path: string, bytes: Uint8Array, start: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    // One read(2) takes less than 2 GiB.
    const length = Math.min(bytes.length - done, 2 ** 30)
    const { bytesRead } = await file.read(bytes, done, length, start + done).catch((cause) => {
      throw new GuerdonError(`could not be read: ${messageOf(cause)}`, { where: path, cause })
    })
    if (bytesRead === 0) throw new GuerdonError('the file became shorter while it was read', { where: path })
    done += bytesRead
  }
}
