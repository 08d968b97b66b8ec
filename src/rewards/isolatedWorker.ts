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
  const module = await import(data.url)
  const reward: unknown = module[data.exportName]
  if (!isReward(reward)) {
    throw new TypeError(`the export '${data.exportName}' is no reward: it has no name and score function`)
  }
  const { name, range, listwise } = reward
  const description: Description = {
    name,
    ...(range === undefined ? {} : { range }),
    ...(listwise === undefined ? {} : { listwise }),
  }
  return (job: unknown) => answer(reward, description, job)
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
