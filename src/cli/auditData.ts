/** The answers that an audit looks at: all of those to a seeded draw of prompts, in one pass over the file. */

import type { AuditSample } from '../audit/probe.ts'
import { columnOf, readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import { random } from '../data/random.ts'
import { type AskedColumns, type DataColumns, dataColumns, samplesOf } from './dataColumns.ts'

export interface AuditData extends AskedColumns {
  readonly prompts: number
  readonly seed: number | string
}

/**
 * The samples of at most `prompts` prompts, in the file's order; a label is a column of true and false, or of 0 and 1. A prompt
 * is drawn by a number that follows from its id and the seed, the smallest ones stay: memory is bounded by what is drawn.
 */
export async function auditSamples(file: string, asked: AuditData): Promise<AuditSample[]> {
  const drawn = new Map<string, { rank: number; samples: AuditSample[] }>()
  let columns: DataColumns | undefined
  let largest = Number.POSITIVE_INFINITY
  for await (const { row, value } of readRows(file, {})) {
    columns ??= dataColumns(asked, value, file)
    const samples = samplesOf(value, row, columns)
    if (typeof samples === 'string') throw new GuerdonError(samples, { where: `${file}:${row}`, fix: 'mend the row' })
    const [first] = samples
    if (first === undefined) continue
    const labelled = samples.map((sample, i): AuditSample => {
      const name = columns?.expected[i]
      if (name === undefined) return sample
      const label = columnOf(value, name)
      if (label !== true && label !== false && label !== 0 && label !== 1)
        throw new GuerdonError(`the label '${name}' is ${JSON.stringify(label)}, neither true nor false`, {
          where: `${file}:${row}`,
        })
      return { ...sample, label: Boolean(label) }
    })
    const known = drawn.get(first.prompt.id)
    if (known !== undefined) known.samples.push(...labelled)
    else {
      const rank = random(`${asked.seed}/${first.prompt.id}`).next()
      if (rank >= largest) continue
      drawn.set(first.prompt.id, { rank, samples: labelled })
      if (drawn.size > asked.prompts) {
        const [last] = [...drawn].reduce((a, b) => (a[1].rank > b[1].rank ? a : b))
        drawn.delete(last)
      }
      if (drawn.size === asked.prompts) largest = Math.max(...[...drawn.values()].map((each) => each.rank))
    }
  }
  if (drawn.size === 0) throw new GuerdonError('there is no answer in it', { where: file })
  return [...drawn.values()].flatMap(({ samples }) => samples)
}
