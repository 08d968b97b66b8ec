/** JSON Lines in the order of a run's steps: every line is an object with a `step`. */
import { access } from 'node:fs/promises'
import { z } from 'zod'
import { writeStreamAtomic } from '../data/atomicFile.ts'
import { GuerdonError } from '../data/error.ts'
import { readJsonl } from '../data/jsonl.ts'

/**
 * Takes out every line of a later step than `last`, and a last line that a crash cut short, so that a resumed run
 * goes on as if it had never been further. What stays keeps its bytes. No file is as good as an empty one.
 */
export async function cutStepLog(path: string, last: number): Promise<void> {
  if (!(await exists(path))) return
  await writeStreamAtomic(path, async (write) => {
    for await (const { line, value } of readJsonl(path, { tornTail: 'drop' })) {
      if (parse(anyStep, value, `${path}:${line}`).step > last) continue
      await write(Buffer.from(`${JSON.stringify(value)}\n`))
    }
  })
}

/** The lines of a log, checked. A last line cut short (or not yet whole) is left out; no file is an empty log. */
export async function* readStepLog<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
): AsyncGenerator<z.output<Schema>, void, undefined> {
  if (!(await exists(path))) return
  for await (const { line, value } of readJsonl(path, { tornTail: 'drop' })) {
    yield parse(schema, value, `${path}:${line}`)
  }
}

const anyStep = z.object({ step: z.int().nonnegative() })

function parse<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new GuerdonError(`this line is not of the run's making: ${z.prettifyError(parsed.error)}`, {
    where,
    fix: 'mend the line or take it out',
  })
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
