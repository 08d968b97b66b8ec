/** Appending to a file: whole pieces, one after the other in the order of the calls, and never half of one. */
import type { FileHandle } from 'node:fs/promises'
import { diskError } from './atomicFile.ts'

export interface AppendQueue {
  /** When the promise resolves the bytes survive a crash of this process. */
  append(bytes: Uint8Array): Promise<void>
  /** When the promise resolves everything appended survives a crash of the machine. */
  flush(): Promise<void>
  /** Waits for what was appended and closes the file. */
  close(): Promise<void>
}

/**
 * Appends to `file`, which is open for appending and `size` bytes long; `path` is what errors name. A write that fails (a
 * full disk) throws a GuerdonError, leaves nothing of its bytes behind, and does not stop the next.
 */
export function appendQueue(path: string, file: FileHandle, size: number): AppendQueue {
  let length = size
  let queue: Promise<void> = Promise.resolve()
  const write = async (bytes: Uint8Array) => {
    try {
      await file.writeFile(bytes)
      length += bytes.length
    } catch (cause) {
      await file.truncate(length).catch(() => undefined)
      throw diskError(path, cause)
    }
  }
  return {
    append(bytes) {
      const done = queue.then(() => write(bytes))
      queue = done.catch(() => undefined)
      return done
    },
    async flush() {
      await queue
      await file.sync()
    },
    async close() {
      await queue
      await file.close()
    },
  }
}
