/** model.safetensors.index.json: which shard holds which tensor. */
import { z } from 'zod'
import { GuerdonError } from './error.ts'

export const shardIndexName = 'model.safetensors.index.json'

// A path in here could read any file.
const shardName = z.string().regex(/^[\w-][\w.-]*\.safetensors$/, 'expected the name of a .safetensors file beside it')

const indexSchema = z.object({ weight_map: z.record(z.string(), shardName) })

/** Tensors to file names. Throws a GuerdonError for a text that is not an index. */
export function parseShardIndex(text: string, where: string): ReadonlyMap<string, string> {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new GuerdonError('it is not JSON', { where, cause, fix: 'fetch the file again' })
  }
  const read = indexSchema.safeParse(json)
  if (read.success) return new Map(Object.entries(read.data.weight_map))
  const [issue] = read.error.issues
  throw new GuerdonError(`'${issue.path.join('.')}': ${issue.message}`, { where })
}
