/** A model in a GGUF file: loaded into the same flat array as a Hugging Face folder, and written for llama.cpp. */
import { GuerdonError } from '../data/error.ts'
import { type GgufFile, openGguf } from '../data/gguf.ts'
import type { GgufValue } from '../data/ggufHeader.ts'
import { type GgufFields, type GgufSource, type GgufWrittenType, writeGguf } from '../data/ggufWriter.ts'
import type { Model } from './checkpoint.ts'
import type { DecoderConfig } from './config.ts'
import { decoderLayout } from './decoder.ts'
import { ggufConfig, ggufConfigFields, ggufFamily } from './ggufConfig.ts'
import { ggufName, huggingFaceName, isTurned, turnRows } from './ggufNames.ts'
import { view } from './parameters.ts'
import { rotaryDivisors } from './rotary.ts'
import { checkLayers, checkNothingLeft, readTensors, type WeightSource } from './weightSource.ts'

/** A model and what its file says besides: the tokenizer and the chat template. */
export interface GgufModel extends Model {
  readonly metadata: ReadonlyMap<string, GgufValue>
}

/**
 * Reads a GGUF file of a llama, qwen2 or qwen3 model, quantised blocks turned into floats in their place. Throws a
 * GuerdonError that names the file, the tensor or key and what does not fit.
 */
export async function loadGgufModel(path: string): Promise<GgufModel> {
  await using file = await openGguf(path)
  const { metadata } = file
  const family = ggufFamily(metadata, path)
  const parts = metadata.get('split.count')
  if (typeof parts === 'number' && parts > 1)
    throw new GuerdonError(`it is one of ${parts} parts of a model`, {
      where: path,
      fix: 'join them first: llama-gguf-split --merge',
    })
  const embedding = file.tensors.get('token_embd.weight')
  if (embedding === undefined) throw new GuerdonError("tensor 'token_embd.weight' is missing", { where: path })
  const divisors = await rotaryDivisorsIn(file)
  const config = ggufConfig(
    metadata,
    {
      has: (name) => file.tensors.has(name),
      vocabulary: embedding.shape[0],
      ...(divisors === undefined ? {} : { divisors }),
    },
    path,
  )
  const source = sourceOf(file, family, config.headSize)
  checkLayers(source, config.layers)
  const plan = decoderLayout(config)
  checkNothingLeft(source, plan)
  return { config, plan, values: await readTensors(source, plan), metadata }
}

async function rotaryDivisorsIn(file: GgufFile): Promise<readonly number[] | undefined> {
  const info = file.tensors.get('rope_freqs.weight')
  if (info === undefined) return undefined
  const divisors = new Float32Array(info.shape.reduce((product, size) => product * size, 1))
  await file.readInto('rope_freqs.weight', divisors)
  if (divisors.some((divisor) => !(divisor > 0 && Number.isFinite(divisor))))
    throw new GuerdonError("tensor 'rope_freqs.weight' must hold positive numbers", { where: file.path })
  return Array.from(divisors)
}

/** The file under Hugging Face names and in Hugging Face's order of rows. */
function sourceOf(file: GgufFile, family: string, headSize: number): WeightSource {
  return {
    path: file.path,
    tensors: new Map([...file.tensors].map(([name, info]) => [huggingFaceName(name), info])),
    nameIn: ggufName,
    async readInto(name, target) {
      const inFile = ggufName(name)
      await file.readInto(inFile, target)
      if (!isTurned(family, name)) return
      const [, width = 1] = file.tensors.get(inFile)?.shape ?? []
      target.set(turnRows(target, headSize, width, 'huggingFace'))
    },
  }
}

export interface GgufExport {
  /** How matrices are written; norms and biases are always F32. Default F16. */
  readonly type?: GgufWrittenType
  /** The tokenizer's metadata. */
  readonly tokenizer: GgufFields
  /** What the model is called. */
  readonly name?: string
}

const fileTypes = { F32: 0, F16: 1, Q8_0: 7, BF16: 32 } as const

/**
 * Writes a model as a GGUF file, which llama.cpp and what is built on it run. A value head is left out. As in
 * llama.cpp's own converter, matrices whose rows Q8_0 cannot hold become F16. Throws a GuerdonError for a rotary
 * scaling that the family's GGUF cannot express.
 */
export async function saveGgufModel(path: string, model: Model, options: GgufExport): Promise<void> {
  const { config, plan } = model
  const { type = 'F16', tokenizer, name } = options
  const divisors = writtenDivisors(config, path)
  const fields: GgufFields = {
    'general.architecture': { type: 'string', value: config.family },
    'general.type': { type: 'string', value: 'model' },
    ...(name === undefined ? {} : { 'general.name': { type: 'string', value: name } }),
    'general.file_type': { type: 'u32', value: fileTypes[type] },
    'general.quantization_version': { type: 'u32', value: 2 },
    ...ggufConfigFields(config),
    ...tokenizer,
  }
  const tensors = [...plan.ofPart].flatMap(([part, place]): GgufSource[] => {
    if (part.startsWith('value_head.')) return []
    const { shape } = place
    const width = shape.length > 1 ? shape[1] : 1
    const load = () => {
      const rows = view(model.values, place)
      return isTurned(config.family, part) ? turnRows(rows, config.headSize, width, 'gguf') : rows
    }
    const own = shape.length === 1 ? 'F32' : type === 'Q8_0' && width % 32 !== 0 ? 'F16' : type
    return [{ name: ggufName(part), shape, type: own, load }]
  })
  if (divisors !== undefined)
    tensors.push({ name: 'rope_freqs.weight', shape: [divisors.length], type: 'F32', load: () => divisors })
  await writeGguf(path, fields, tensors)
}

/** The numbers of `rope_freqs.weight`, where the scaling is kept there. */
function writtenDivisors(config: DecoderConfig, where: string): Float32Array | undefined {
  const { ropeScaling: scaling, headSize, ropeTheta } = config
  if (scaling?.type !== 'llama3' && scaling?.type !== 'divided') return undefined
  if (config.family !== 'llama')
    throw new GuerdonError(`a ${config.family} model with rotary scaling '${scaling.type}' cannot be written`, {
      where,
      fix: 'save it as a Hugging Face folder',
    })
  const base = Array.from({ length: headSize / 2 }, (_, j) => ropeTheta ** ((-2 * j) / headSize))
  return Float32Array.from(rotaryDivisors(base, scaling))
}
