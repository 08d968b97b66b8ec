/**
 * Models by their name on the Hugging Face hub (`HuggingFaceTB/SmolLM2-135M-Instruct`, or `name@revision`), found in the
 * cache that the Python libraries keep, and fetched into it where they are not. Its layout:
 * models--ORG--NAME/{refs/main (a commit), blobs/ETAG, snapshots/COMMIT/FILE -> ../../blobs/ETAG}.
 * Source: huggingface_hub, "Understand caching"; environment variables HF_HOME, HF_HUB_CACHE, HF_ENDPOINT,
 * HF_HUB_OFFLINE, HF_TOKEN.
 */
import { mkdir, readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from './atomicFile.ts'
import { GuerdonError } from './error.ts'
import { type Hub, hubFetch, hubFile } from './hubDownload.ts'
import { parseShardIndex, shardIndexName } from './shardIndex.ts'

/** How far one file of a download is. */
export interface HubProgress {
  readonly file: string
  readonly received: number
  readonly total: number
}

export interface HubOptions {
  /** Called as bytes arrive. */
  readonly onProgress?: (progress: HubProgress) => void
  readonly signal?: AbortSignal
  /** Where settings are read. Default: process.env. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

const namePattern = /^([\w][\w.-]*\/[\w][\w.-]*)(?:@([\w][\w./-]*))?$/

/** Whether a text could be a model's name on the hub. */
export function isHubName(text: string): boolean {
  return namePattern.test(text) && !text.includes('..')
}

/**
 * The folder of a model: config.json, weights and tokenizer. What the cache holds is taken without asking the hub.
 * Throws a GuerdonError where the hub cannot be reached, does not know the model, or has it in no format that is read.
 */
export async function hubFolder(name: string, options: HubOptions = {}): Promise<string> {
  const { environment = process.env, onProgress, signal } = options
  const [, model = '', revision = 'main'] = namePattern.exec(name) ?? []
  if (!isHubName(name)) throw new GuerdonError(`${JSON.stringify(name)} is no name of a model: ORGANISATION/MODEL`)
  const folder = join(cacheFolder(environment), `models--${model.replaceAll('/', '--')}`)
  const known = /^[0-9a-f]{40}$/.test(revision) ? revision : await textOf(join(folder, 'refs', revision))
  const snapshot = (commit: string) => join(folder, 'snapshots', commit)
  if (known !== undefined && (await isWhole(snapshot(known.trim())))) return snapshot(known.trim())
  if (/^(1|on|yes|true)$/i.test(environment.HF_HUB_OFFLINE ?? ''))
    throw new GuerdonError(`the model '${name}' is not in the cache, and HF_HUB_OFFLINE says not to fetch it`, {
      where: folder,
      fix: 'unset HF_HUB_OFFLINE, or name the folder or GGUF file of a model',
    })
  const hub: Hub = {
    endpoint: (environment.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, ''),
    model,
    ...(environment.HF_TOKEN ? { token: environment.HF_TOKEN } : {}),
    ...(signal === undefined ? {} : { signal }),
  }
  const { sha, files } = await listing(hub, revision)
  const fetchFile = (file: string) =>
    hubFile(hub, { commit: sha, file, folder }, (received, total) => onProgress?.({ file, received, total }))
  // The weights come last: where they are whole, all that is small is there too.
  for (const file of files.filter((each) => companions.includes(each))) await fetchFile(file)
  for (const file of await weightFiles(files, fetchFile, `${hub.endpoint}/${model}`)) await fetchFile(file)
  const reference = join(folder, 'refs', revision)
  await mkdir(dirname(reference), { recursive: true })
  await writeFileAtomic(reference, sha)
  return snapshot(sha)
}

const single = 'model.safetensors'
const companions: readonly string[] = [
  ...['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json'],
  ...['chat_template.jinja', 'special_tokens_map.json'],
]

function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = environment
  if (HF_HUB_CACHE) return HF_HUB_CACHE
  return join(HF_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface'), 'hub')
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

/** Whether a snapshot has all that a model needs. */
async function isWhole(snapshot: string): Promise<boolean> {
  for (const file of ['config.json', 'tokenizer.json']) if (!(await isThere(join(snapshot, file)))) return false
  if (await isThere(join(snapshot, single))) return true
  const path = join(snapshot, shardIndexName)
  const index = await textOf(path)
  if (index === undefined) return false
  for (const shard of new Set(parseShardIndex(index, path).values()))
    if (!(await isThere(join(snapshot, shard)))) return false
  return true
}

const listingSchema = z.object({
  // Both become parts of paths.
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(z.object({ rfilename: z.string() })),
})

async function listing(hub: Hub, revision: string): Promise<{ readonly sha: string; readonly files: string[] }> {
  const url = `${hub.endpoint}/api/models/${hub.model}/revision/${encodeURIComponent(revision)}`
  const response = await hubFetch(hub, url)
  const read = listingSchema.safeParse(await response.json().catch(() => undefined))
  if (!read.success) throw new GuerdonError('the answer is not a list of a model’s files', { where: url })
  const files = read.data.siblings.map(({ rfilename }) => rfilename)
  return { sha: read.data.sha, files }
}

/** The safetensors files to fetch, the index of shards among them read first. */
async function weightFiles(
  files: readonly string[],
  fetchFile: (file: string) => Promise<string>,
  where: string,
): Promise<readonly string[]> {
  if (files.includes(single)) return [single]
  if (files.includes(shardIndexName)) {
    const path = await fetchFile(shardIndexName)
    return [...new Set(parseShardIndex(await readFile(path, 'utf8'), path).values())]
  }
  const gguf = files.find((file) => file.endsWith('.gguf'))
  throw new GuerdonError('this model has no weights in the safetensors format', {
    where,
    ...(gguf === undefined ? {} : { fix: `download its ${gguf} and name that file` }),
  })
}
