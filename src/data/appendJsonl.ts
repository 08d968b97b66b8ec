/** A JSON Lines log that survives crashes: whole lines only, and a torn last line of an earlier run is cut off. */
import { type FileHandle, open } from 'node:fs/promises'
import { appendQueue } from './appendQueue.ts'
import { diskError } from './atomicFile.ts'
import type { Json } from './message.ts'

export interface JsonlLog {
  /** Adds one line. When the promise resolves the line survives a crash of this process. */
  append(value: Json): Promise<void>
  /** When the promise resolves everything appended survives a crash of the machine. */
  flush(): Promise<void>
  close(): Promise<void>
}

/**
 * Opens a log for appending, creating the file where there is none. What follows the last newline is a line that a
 * crash cut short: it is removed, so that the next line does not grow out of its stump (a last line that is whole
 * but for its newline gets one). Appends are written one after the other, in the order of the calls. A failed write
 * (a full disk) throws a GuerdonError and leaves no half line.
 */
export async function openJsonlLog(path: string): Promise<JsonlLog> {
  const file = await open(path, 'a+').catch((cause) => {
    throw diskError(path, cause)
  })
  const { append, ...queue } = appendQueue(path, file, await mendTail(file))
  return { append: (value) => append(new TextEncoder().encode(`${JSON.stringify(value)}\n`)), ...queue }
}

/** Makes the file end with a newline (or empty) and returns its size. */
async function mendTail(file: FileHandle): Promise<number> {
  const { size } = await file.stat()
  const start = await lastLineStart(file, size)
  if (start === size) return size
  const tail = Buffer.alloc(size - start)
  await file.read(tail, 0, tail.length, start)
  if (isJson(tail.toString('utf8'))) {
    await file.writeFile('\n')
    return size + 1
  }
  await file.truncate(start)
  return start
}

/** The offset after the last newline, looked for from the end. */
async function lastLineStart(file: FileHandle, size: number): Promise<number> {
  const block = Buffer.alloc(2 ** 16)
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - block.length)
    await file.read(block, 0, end - start, start)
    const newline = block.subarray(0, end - start).lastIndexOf(10)
    if (newline !== -1) return start + newline + 1
    end = start
  }
  return 0
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
