/** The policy that a configuration or a command names. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { GuerdonError } from '../data/error.ts'
import { type LocalPolicy, local, nano } from '../policy/local/local.ts'
import type { Policy } from '../policy/policy.ts'
import { latestCheckpoint } from '../runs/checkpoints.ts'
import type { Task } from '../tasks/task.ts'
import { characterTokenizer } from '../text/characterTokenizer.ts'
import type { NanoPolicy } from '../train/config.ts'

export interface OpenedPolicy {
  readonly policy: Policy
  close(): Promise<void>
}

/** A nano model for the task's characters, a model's folder opened, or a policy that was made in code. */
export async function openPolicy(
  asked: NanoPolicy | string | Policy,
  task: Task,
  seed: number | string,
): Promise<OpenedPolicy> {
  if (typeof asked === 'string') return opened(await localModel(asked))
  if (!('nano' in asked)) return { policy: asked, close: async () => undefined }
  const { size, seed: own = seed, context, alphabet = task.alphabet } = asked.nano
  if (alphabet === undefined)
    throw new GuerdonError(`the task ${task.name} does not say which characters it uses`, {
      where: 'policy.nano.alphabet',
      fix: 'write them all out there, those of the answers too',
    })
  return opened(nano(size, characterTokenizer(alphabet), { seed: own, ...(context === undefined ? {} : { context }) }))
}

/** The model in a folder; of a run's folder, the one in its last checkpoint. */
export async function localModel(folder: string): Promise<LocalPolicy> {
  if (!existsSync(join(folder, 'checkpoints'))) return local(folder)
  const checkpoint = await latestCheckpoint(folder)
  if (checkpoint === undefined) throw new GuerdonError('the run has no checkpoint yet', { where: folder })
  return local(join(checkpoint.folder, 'policy'))
}

function opened(policy: LocalPolicy): OpenedPolicy {
  return { policy, close: () => policy.close() }
}
