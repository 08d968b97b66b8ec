/**
 * Numbers per token that stay the same while a policy learns (a reference's log-probs, token scores): computed once,
 * in blocks, and kept on disk under the digest of what they were computed from. A block's file is written whole or not
 * at all, so a killed process loses one block, and two runs can share a folder.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { diskError, writeFileAtomic } from '../data/atomicFile.ts'
import { completionLength, type Sequence } from '../data/rollout.ts'

export interface FixedNumbersOptions {
  /** What they are: the beginning of the files' names. */
  readonly name: string
  /** Where they are kept. Default: nowhere. */
  readonly folder?: string | undefined
  /** The numbers of these sequences, by their places. */
  readonly compute: (places: readonly number[]) => Promise<readonly Float32Array[]>
  readonly signal?: AbortSignal | undefined
}

/** Sequences a block. */
const blockSize = 256

/** Sequences that are computed each time: their numbers are the fingerprint of whatever computes them. */
const probes = 4

/**
 * One array a sequence, over its completion's tokens. What computes them is known by its numbers for the shortest
 * sequences: another reference, or the same on another machine's arithmetic, finds none of the files. Aborted: throws
 * the signal's reason between blocks; what is done is kept.
 */
export async function fixedNumbers(
  sequences: readonly Sequence[],
  { name, folder, compute, signal }: FixedNumbersOptions,
): Promise<Float32Array[]> {
  const numbers: Float32Array[] = sequences.map(() => new Float32Array(0))
  const longestFirst = [...sequences.keys()].sort(
    (a, b) => sequences[b].tokens.length - sequences[a].tokens.length || a - b,
  )
  if (folder !== undefined)
    await mkdir(folder, { recursive: true }).catch((cause) => {
      throw diskError(folder, cause)
    })
  const shortest = longestFirst.slice(-probes)
  const fingerprint = folder === undefined ? '' : digest(name, await compute(shortest))
  for (let at = 0; at < longestFirst.length; at += blockSize) {
    signal?.throwIfAborted()
    const block = longestFirst.slice(at, at + blockSize)
    const members = block.map((place) => sequences[place])
    const path =
      folder === undefined
        ? undefined
        : join(folder, `${name.replaceAll(/[^\w.-]+/g, '-')}-${blockDigest(fingerprint, members)}.f32`)
    const kept = path === undefined ? undefined : await readBlock(path, members)
    const found = kept ?? (await compute(block))
    if (path !== undefined && kept === undefined) await writeBlock(path, found)
    block.forEach((place, i) => {
      numbers[place] = found[i]
    })
  }
  return numbers
}

function digest(name: string, lines: readonly Float32Array[]): string {
  const hash = createHash('sha256').update(name)
  for (const line of lines) hash.update(bytesOf(line))
  return hash.digest('hex')
}

function blockDigest(fingerprint: string, members: readonly Sequence[]): string {
  const hash = createHash('sha256').update(fingerprint)
  for (const { tokens, promptLength } of members) {
    // Lengths keep two blocks from running together into the same bytes.
    hash.update(`${tokens.length} ${promptLength} `).update(bytesOf(tokens))
  }
  return hash.digest('hex').slice(0, 32)
}

/** The numbers end to end, then their SHA-256. Undefined where the file is not there or is not what was written. */
async function readBlock(path: string, members: readonly Sequence[]): Promise<Float32Array[] | undefined> {
  const bytes = await readFile(path).catch(() => undefined)
  const lengths = members.map(completionLength)
  const size = 4 * lengths.reduce((sum, length) => sum + length, 0)
  if (bytes?.length !== size + 32) return undefined
  const body = bytes.subarray(0, size)
  if (!createHash('sha256').update(body).digest().equals(bytes.subarray(size))) return undefined
  const floats = new Float32Array(new Uint8Array(body).buffer)
  let start = 0
  return lengths.map((length) => floats.slice(start, (start += length)))
}

async function writeBlock(path: string, lines: readonly Float32Array[]): Promise<void> {
  const body = Buffer.concat(lines.map(bytesOf))
  await writeFileAtomic(path, Buffer.concat([body, createHash('sha256').update(body).digest()]))
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}
