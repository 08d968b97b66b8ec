/**
 * The weights of a Hugging Face folder: model.safetensors, or the shards that model.safetensors.index.json lists
 * (`weight_map`: tensor to file).
 */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GuerdonError, messageOf } from '../data/error.ts'
import { openSafetensors, type SafetensorsFile } from '../data/safetensors.ts'
import { parseShardIndex, shardIndexName } from '../data/shardIndex.ts'
import type { WeightSource } from './weightSource.ts'

const single = 'model.safetensors'

/** Opens a folder's weights. Throws a GuerdonError that names the file that is missing or does not hold what it should. */
export async function openFolderWeights(folder: string): Promise<WeightSource & AsyncDisposable> {
  const names = await readdir(folder).catch((cause) => {
    throw new GuerdonError(`could not be read: ${messageOf(cause)}`, { where: folder, cause })
  })
  if (names.includes(single)) return openSafetensors(join(folder, single))
  if (names.includes(shardIndexName)) return openShards(folder, names)
  const gguf = names.find((name) => name.endsWith('.gguf'))
  const pickled = names.find((name) => name.endsWith('.bin'))
  throw new GuerdonError('there is no such file', {
    where: join(folder, single),
    fix:
      gguf !== undefined
        ? `name the GGUF file itself: ${join(folder, gguf)}`
        : pickled !== undefined
          ? `${pickled} may hold code and is not read: save the model as safetensors`
          : 'a model folder needs config.json, model.safetensors and tokenizer.json',
  })
}

async function openShards(folder: string, present: readonly string[]): Promise<WeightSource & AsyncDisposable> {
  const path = join(folder, shardIndexName)
  const fileOf = parseShardIndex(await readFile(path, 'utf8'), path)
  const wanted = [...new Set(fileOf.values())]
  const missing = wanted.filter((name) => !present.includes(name))
  if (missing.length > 0)
    throw new GuerdonError(`${missing.length} of ${wanted.length} shards are missing: ${missing.join(', ')}`, {
      where: path,
      fix: 'fetch them into the same folder',
    })
  const shards = new Map<string, SafetensorsFile>()
  const close = async () => {
    for (const shard of shards.values()) await shard.close()
  }
  try {
    for (const name of wanted) shards.set(name, await openSafetensors(join(folder, name)))
    const shardOf = (tensor: string) => shards.get(fileOf.get(tensor) ?? '')
    const tensors = new Map<string, { readonly shape: readonly number[] }>()
    for (const [tensor, name] of fileOf) {
      const info = shards.get(name)?.tensors.get(tensor)
      if (info === undefined)
        throw new GuerdonError(`it has no tensor '${tensor}', though ${shardIndexName} says so`, {
          where: join(folder, name),
          fix: 'fetch the shards and their index again, all from the same revision',
        })
      tensors.set(tensor, info)
    }
    return {
      path,
      tensors,
      async readInto(name, target) {
        await shardOf(name)?.readInto(name, target)
      },
      [Symbol.asyncDispose]: close,
    }
  } catch (thrown) {
    await close()
    throw thrown
  }
}
