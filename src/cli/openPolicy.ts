/** The policy that a configuration or a command names. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GuerdonError } from '../data/error.ts'
import type { HubProgress } from '../data/hubCache.ts'
import type { Device } from '../graph/device.ts'
import { type LocalOptions, type LocalPolicy, local, nano } from '../policy/local/local.ts'
import { memoryText } from '../policy/local/memoryPlan.ts'
import type { Policy } from '../policy/policy.ts'
import { latestCheckpoint } from '../runs/checkpoints.ts'
import type { Task } from '../tasks/task.ts'
import { characterTokenizer } from '../text/characterTokenizer.ts'
import type { AskedPolicy } from '../train/config.ts'
import { type Progress, progress } from './progress.ts'

export interface OpenedPolicy {
  readonly policy: Policy
  /** What it takes of the machine's memory, in a line; absent for a policy made in code. */
  readonly memory?: string
  close(): Promise<void>
}

/** A nano model for the task's characters, a model's folder opened, or a policy that was made in code. */
export async function openPolicy(
  asked: AskedPolicy,
  task: Task,
  seed: number | string,
  on: { readonly device?: Device } = {},
): Promise<OpenedPolicy> {
  if (typeof asked === 'string') return opened(await localModel(asked, on))
  if ('model' in asked) {
    const { model, ...options } = asked
    return opened(await localModel(model, { ...options, ...on }))
  }
  if (!('nano' in asked)) return { policy: asked, close: async () => undefined }
  const { size, seed: own = seed, context, alphabet = task.alphabet } = asked.nano
  if (alphabet === undefined)
    throw new GuerdonError(`the task ${task.name} does not say which characters it uses`, {
      where: 'policy.nano.alphabet',
      fix: 'write them all out there, those of the answers too',
    })
  return opened(
    nano(size, characterTokenizer(alphabet), { ...on, seed: own, ...(context === undefined ? {} : { context }) }),
  )
}

/** What `local` opens; of a run's folder, the model in its last checkpoint. A download is shown. */
export async function localModel(named: string, options: LocalOptions = {}): Promise<LocalPolicy> {
  const bar = progress()
  try {
    return await local(await modelPath(named), { ...options, onDownload: downloadLine(bar) })
  } finally {
    bar.done()
  }
}

/** The folder of the model in a run's last checkpoint; any other name as it is. */
export async function modelPath(named: string): Promise<string> {
  if (!existsSync(join(named, 'checkpoints'))) return named
  const checkpoint = await latestCheckpoint(named)
  if (checkpoint === undefined) throw new GuerdonError('the run has no checkpoint yet', { where: named })
  return join(checkpoint.folder, 'policy')
}

/** Shows a download: model.safetensors: 12 of 270 MB. */
export function downloadLine(bar: Progress): (progress: HubProgress) => void {
  const megabytes = (bytes: number) => Math.round(bytes / 1e6)
  return ({ file, received, total }) => bar.show(`${file}: ${megabytes(received)} of ${megabytes(total)} MB`)
}

function opened(policy: LocalPolicy): OpenedPolicy {
  return { policy, memory: memoryText(policy.memory), close: () => policy.close() }
}
