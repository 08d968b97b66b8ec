/** The optimiser's moments and step count beside a saved model: optimizer.safetensors. */
import { join } from 'node:path'
import { openSafetensors, writeSafetensors } from '../../data/safetensors.ts'
import type { AdamWState } from '../../nn/adamw.ts'
import { namedTensors } from '../../nn/checkpoint.ts'
import type { Layout } from '../../nn/parameters.ts'
import { readTensors } from '../../nn/weightSource.ts'

const optimiserFile = 'optimizer.safetensors'

/** Writes both moments under the weights' names. */
export async function saveOptimiser(folder: string, plan: Layout, adam: AdamWState): Promise<void> {
  await writeSafetensors(join(folder, optimiserFile), [
    ...namedTensors(plan, adam.first).map((tensor) => ({ ...tensor, name: `first.${tensor.name}` })),
    ...namedTensors(plan, adam.second).map((tensor) => ({ ...tensor, name: `second.${tensor.name}` })),
    { name: 'steps', shape: [1], data: BigInt64Array.of(BigInt(adam.steps)) },
  ])
}

/** Reads them back; undefined where the folder has none. */
export async function loadOptimiser(folder: string, plan: Layout): Promise<AdamWState | undefined> {
  const path = join(folder, optimiserFile)
  const file = await openSafetensors(path).catch((error: unknown) => {
    const cause = error instanceof Error ? error.cause : undefined
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const part = (prefix: string) =>
      readTensors(
        {
          ...file,
          tensors: unprefixed(file.tensors, prefix),
          readInto: (name, target) => file.readInto(`${prefix}${name}`, target),
        },
        plan,
      )
    const [steps] = await file.read('steps')
    return { first: await part('first.'), second: await part('second.'), steps: Number(steps) }
  } finally {
    await file.close()
  }
}

function unprefixed<T>(tensors: ReadonlyMap<string, T>, prefix: string): Map<string, T> {
  return new Map(
    [...tensors].flatMap(([name, info]) =>
      name.startsWith(prefix) ? [[name.slice(prefix.length), info] as const] : [],
    ),
  )
}
