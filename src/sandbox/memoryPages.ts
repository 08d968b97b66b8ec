/**
 * Laying back an interpreter's memory. Every byte is compared, nothing is guessed from what a program may have touched; comparing
 * reads what copying would write, and most pages are as they were.
 */

/** One page of WebAssembly's memory. Smaller pieces were not faster. */
export const PAGE = 1 << 16

export interface MemoryPage {
  readonly at: number
  readonly bytes: Uint8Array
}

/** Makes these places of the memory what the pages say. */
export function layBack(memory: Uint8Array, pages: readonly MemoryPage[]): void {
  const here = Buffer.from(memory.buffer, memory.byteOffset, memory.length)
  for (const { at, bytes } of pages)
    if (here.compare(bytes, 0, bytes.length, at, at + bytes.length) !== 0) memory.set(bytes, at)
}
