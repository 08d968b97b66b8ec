/** The part of `isolated` that runs inside the worker: loads the module's reward and asks it. */
import { messageOf } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import type { Answer } from '../sandbox/poolWorker.ts'
import type { Handler } from '../sandbox/workerPool.ts'
import { TURN_MS } from './pieceQueue.ts'
import type { Reward } from './reward.ts'

/** Which export of which module is the reward. */
export interface IsolatedModule {
  readonly url: string
  readonly exportName: string
}

export type IsolatedJob =
  | { readonly kind: 'describe' }
  | {
      readonly kind: 'score'
      /** The samples of one call of the reward each. */
      readonly pieces: readonly (readonly Sample[])[]
      /** Shared: the number of the piece at work (from 1; 0 for none), then for each piece whether it is no longer wanted. */
      readonly turn: Int32Array<SharedArrayBuffer>
    }
type ScoreJob = Extract<IsolatedJob, { kind: 'score' }>

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
  return (job: unknown) => (isScoreJob(job) ? inTurn(reward, job) : description)
}

/** The reward that a module exports. Throws where that export is none, and whatever the module throws. */
export async function importReward({ url, exportName }: IsolatedModule): Promise<Reward> {
  const module = await import(url)
  const reward: unknown = module[exportName]
  if (isReward(reward)) return reward
  throw new TypeError(`the export '${exportName}' is no reward: it has no name and score function`)
}

/** Piece after piece, until the time of a turn is up: as many answers as pieces that were asked. */
async function inTurn(reward: Reward, { pieces, turn }: ScoreJob): Promise<Answer[]> {
  const began = performance.now()
  const answers: Answer[] = []
  for (const [i, samples] of pieces.entries()) {
    if (i > 0 && performance.now() - began > TURN_MS) break
    Atomics.store(turn, 0, 1 + i)
    const unwanted = Atomics.load(turn, 1 + i) === 1
    answers.push(unwanted ? { kind: 'threw', message: 'no longer wanted' } : await answer(reward, samples))
  }
  Atomics.store(turn, 0, 0)
  return answers
}

async function answer(reward: Reward, samples: readonly Sample[]): Promise<Answer> {
  try {
    return { kind: 'done', value: await reward.score(samples) }
  } catch (thrown) {
    return { kind: 'threw', message: messageOf(thrown) }
  }
}

// Jobs come from `isolated` alone: the tag tells them apart.
function isScoreJob(job: unknown): job is ScoreJob {
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
