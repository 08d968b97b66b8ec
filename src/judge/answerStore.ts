/**
 * Answers on disk: a folder with one file for each key, in which a checksum (SHA-256, hexadecimal) and a space stand
 * before the JSON of the entry. Files are written atomically, so a killed process, a full disk or two processes at once
 * leave whole entries or none; an entry that was damaged later counts as none.
 */
import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { diskError, writeFileAtomic } from '../data/atomicFile.ts'
import { messageOf } from '../data/error.ts'

const usage = z.object({ inputTokens: z.number(), outputTokens: z.number(), cost: z.number().exactOptional() })
const entry = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('words'), text: z.string(), cut: z.boolean(), usage }),
  z.object({ kind: z.literal('logprobs'), values: z.array(z.number()), text: z.string(), usage }),
  z.object({ kind: z.literal('none'), reason: z.string(), text: z.string(), usage }),
])

/** What a judge said, the log-probs it gave, or its words with the reason why they are no answer. */
export type StoredAnswer = z.infer<typeof entry>

export interface AnswerStore {
  read(key: string): Promise<StoredAnswer | undefined>
  /** Failing to write loses the entry and nothing else; the process is warned once. */
  write(key: string, answer: StoredAnswer): Promise<void>
}

/** The store in `folder`, which is made if missing. Throws a GuerdonError when it cannot be made or written. */
export function answerStore(folder: string): AnswerStore {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (cause) {
    throw diskError(folder, cause)
  }
  const pathOf = (key: string) => join(folder, key.slice(0, 2), key)
  let warned = false
  return {
    async read(key) {
      try {
        const [sum, json] = (await readFile(pathOf(key), 'utf8')).split(/ (.*)\n$/s)
        return sum === sha256(json) ? entry.parse(JSON.parse(json)) : undefined
      } catch {
        // No entry, or one that was damaged: either way there is nothing to be had here.
        return undefined
      }
    },
    async write(key, answer) {
      try {
        await mkdir(dirname(pathOf(key)), { recursive: true })
        const json = JSON.stringify(answer)
        await writeFileAtomic(pathOf(key), `${sha256(json)} ${json}\n`)
      } catch (thrown) {
        if (!warned) process.emitWarning(`answers of a judge are not kept: ${messageOf(thrown)}`, 'GuerdonWarning')
        warned = true
      }
    },
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
