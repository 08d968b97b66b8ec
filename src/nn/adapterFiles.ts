/** Adapters as a PEFT folder: adapter_config.json and adapter_model.safetensors. */
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { GuerdonError, messageOf } from '../data/error.ts'
import { openSafetensors, writeSafetensors } from '../data/safetensors.ts'
import { namedTensors } from './checkpoint.ts'
import { type LoraSettings, type LoraTarget, layerEnd, loraSettings, loraTargets } from './lora.ts'
import type { Layout } from './parameters.ts'
import { readTensors } from './weightSource.ts'

const configName = 'adapter_config.json'
const weightsName = 'adapter_model.safetensors'
/** PEFT wraps a model twice before it gives its modules their names. */
const prefix = 'base_model.model.'

interface Adapter {
  readonly settings: LoraSettings
  readonly plan: Layout
  readonly values: Float32Array
}

/** Writes the folder; each file is whole or absent. `base` is what the adapters sit on: a folder or a hub name. */
export async function saveAdapter(folder: string, { settings, plan, values }: Adapter, base?: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  const config = {
    peft_type: 'LORA',
    task_type: 'CAUSAL_LM',
    base_model_name_or_path: base ?? null,
    r: settings.rank,
    lora_alpha: settings.alpha,
    lora_dropout: settings.dropout,
    target_modules: settings.targets,
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    modules_to_save: null,
    use_rslora: settings.rankStabilised ?? false,
    use_dora: false,
    rank_pattern: settings.rankPattern ?? {},
    alpha_pattern: settings.alphaPattern ?? {},
  }
  await writeFileAtomic(join(folder, configName), `${JSON.stringify(config, undefined, 2)}\n`)
  await writeSafetensors(
    join(folder, weightsName),
    namedTensors(plan, values).map((tensor) => ({ ...tensor, name: `${prefix}${tensor.name}` })),
  )
}

const configSchema = z.object({
  peft_type: z.literal('LORA'),
  base_model_name_or_path: z.string().nullish(),
  r: z.int().positive(),
  lora_alpha: z.number().positive(),
  lora_dropout: z.number().min(0).lt(1).default(0),
  target_modules: z.union([z.array(z.string()), z.string()]),
  bias: z.literal('none').default('none'),
  modules_to_save: z.null().optional(),
  use_rslora: z.boolean().default(false),
  use_dora: z.literal(false).default(false),
  fan_in_fan_out: z.literal(false).default(false),
  rank_pattern: z.record(z.string().regex(layerEnd), z.int().positive()).default({}),
  alpha_pattern: z.record(z.string().regex(layerEnd), z.number().positive()).default({}),
})

/** What adapter_config.json in a folder says; undefined where there is none. Throws where it asks for something else. */
export async function readAdapterConfig(
  folder: string,
): Promise<{ readonly base: string; readonly settings: LoraSettings } | undefined> {
  const where = join(folder, configName)
  let text: string
  try {
    text = await readFile(where, 'utf8')
  } catch {
    return undefined
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new GuerdonError(`it is not JSON: ${messageOf(cause)}`, { where, cause, fix: 'save the adapter again' })
  }
  const read = configSchema.safeParse(json)
  if (!read.success) {
    const [issue] = read.error.issues
    throw new GuerdonError(`'${issue.path.join('.')}': ${issue.message}`, {
      where,
      fix: 'plain LoRA adapters are read: no DoRA, no biases, no modules saved whole, patterns without wildcards',
    })
  }
  const file = read.data
  if (file.base_model_name_or_path == null)
    throw new GuerdonError('it does not name its base', { where, fix: 'set base_model_name_or_path' })
  const settings = loraSettings({
    ...{ rank: file.r, alpha: file.lora_alpha, dropout: file.lora_dropout, rankStabilised: file.use_rslora },
    ...{ rankPattern: file.rank_pattern, alphaPattern: file.alpha_pattern },
    targets: targetsOf(file.target_modules, where),
  })
  return { base: file.base_model_name_or_path, settings }
}

function targetsOf(named: string | readonly string[], where: string): LoraTarget[] {
  if (named === 'all-linear') return [...loraTargets]
  const names = typeof named === 'string' ? [named] : named
  const unknown = names.find((name) => !loraTargets.some((target) => target === name))
  if (unknown !== undefined)
    throw new GuerdonError(`'target_modules' names '${unknown}', which no adapter here can sit on`, {
      where,
      fix: `adapters sit on ${loraTargets.join(', ')}`,
    })
  return loraTargets.filter((target) => names.includes(target))
}

/** The numbers of adapter_model.safetensors in this layout's order. */
export async function loadAdapter(folder: string, { plan }: { readonly plan: Layout }): Promise<Float32Array> {
  const path = join(folder, weightsName)
  await using file = await openSafetensors(path)
  const tensors = new Map(
    [...file.tensors].flatMap(([name, info]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), info] as const] : [],
    ),
  )
  const extra = [...tensors.keys()].find((name) => !plan.ofPart.has(name))
  if (extra !== undefined)
    throw new GuerdonError(`tensor '${prefix}${extra}' has no place among the adapters`, {
      where: path,
      fix: 'open the policy with the rank and the targets that the adapter was saved with',
    })
  return await readTensors(
    {
      path,
      tensors,
      nameIn: (name) => `${prefix}${name}`,
      readInto: (name, target) => file.readInto(`${prefix}${name}`, target),
    },
    plan,
  )
}
