/** The file of scores: opened anew, or taken up where an earlier call left it. */
import { existsSync } from 'node:fs'
import { type JsonlLog, openJsonlLog } from '../data/appendJsonl.ts'
import { GuerdonError } from '../data/error.ts'
import { readJsonl } from '../data/jsonl.ts'
import { type ScoreLine, scoreLineSchema } from './scoreRows.ts'

export interface ScoreOutput {
  /** The last row that is written, 0 where there is none, and the columns of it that are. */
  readonly from: { readonly row: number; readonly columns: ReadonlySet<string> }
  write(lines: readonly ScoreLine[]): Promise<void>
  close(): Promise<void>
}

/**
 * Opens the file; without one, nothing is written. With `resume` each line that is there already goes to `seen`. Throws
 * a GuerdonError where a file is there and `resume` is not set, or where what is there is something else.
 */
export async function scoreOutput(
  path: string | undefined,
  resume: boolean,
  seen: (line: ScoreLine) => void,
): Promise<ScoreOutput> {
  if (path === undefined) {
    if (resume) throw new GuerdonError('there is nothing to resume without --out', { where: '--resume' })
    return { from: { row: 0, columns: new Set() }, write: async () => undefined, close: async () => undefined }
  }
  if (existsSync(path) && !resume)
    throw new GuerdonError('there is such a file already', {
      where: path,
      fix: 'go on with it (--resume), or write to another one',
    })
  const log = await openJsonlLog(path)
  try {
    return opened(log, await lastRow(path, seen))
  } catch (thrown) {
    await log.close()
    throw thrown
  }
}

function opened(log: JsonlLog, from: ScoreOutput['from']): ScoreOutput {
  return {
    from,
    async write(lines) {
      await Promise.all(lines.map((line) => log.append(line)))
    },
    async close() {
      await log.flush()
      await log.close()
    },
  }
}

async function lastRow(path: string, seen: (line: ScoreLine) => void): Promise<ScoreOutput['from']> {
  let row = 0
  let columns = new Set<string>()
  for await (const { line, value } of readJsonl(path)) {
    const read = scoreLineSchema.safeParse(value)
    if (!read.success)
      throw new GuerdonError('this is no line that guerdon score wrote', {
        where: `${path}:${line}`,
        fix: 'write to another file',
      })
    if (read.data.row !== row) columns = new Set()
    row = read.data.row
    if ('column' in read.data) columns.add(read.data.column)
    seen(read.data)
  }
  return { row, columns }
}
