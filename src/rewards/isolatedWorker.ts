/** The part of `isolated` that runs inside the worker: loads the module's reward and asks it. */
import type { Sample } from '../data/message.ts'
import type { Handler } from '../sandbox/workerPool.ts'
import type { Reward } from './reward.ts'

/** Which export of which module is the reward. */
export interface IsolatedModule {
  readonly url: string
  readonly exportName: string
}

export type IsolatedJob =
  | { readonly kind: 'describe' }
  | { readonly kind: 'score'; readonly samples: readonly Sample[] }

/** A reward without its function, which cannot leave its thread. */
export type Description = Omit<Reward, 'score'>

export default async function isolatedWorker(data: IsolatedModule): Promise<Handler> {
  const reward = await importReward(data)
  const { name, range, listwise } = reward
  const description: Description = {
    name,
    ...(range === undefined ? {} : { range }),
    ...(listwise === undefined ? {} : { listwise }),
  }
  return (job: unknown) => answer(reward, description, job)
}

/** The reward that a module exports. Throws where that export is none, and whatever the module throws. */
export async function importReward({ url, exportName }: IsolatedModule): Promise<Reward> {
  const module = await import(url)
  const reward: unknown = module[exportName]
  if (isReward(reward)) return reward
  throw new TypeError(`the export '${exportName}' is no reward: it has no name and score function`)
}

function answer(reward: Reward, description: Description, job: unknown): unknown {
  return isScoreJob(job) ? reward.score(job.samples) : description
}

// Jobs come from `isolated` alone: the tag tells them apart.
function isScoreJob(job: unknown): job is Extract<IsolatedJob, { kind: 'score' }> {
  return typeof job === 'object' && job !== null && 'kind' in job && job.kind === 'score'
}

function isReward(value: unknown): value is Reward {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'score' in value &&
    typeof value.score === 'function'
  )
}
