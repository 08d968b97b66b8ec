/** The inside of a pool's worker: loads the handler, then answers one job after another. */
import { parentPort, workerData } from 'node:worker_threads'
import { messageOf } from '../data/error.ts'
import type { Handler } from './workerPool.ts'

/** What a worker is started with. */
export interface WorkerStart {
  readonly handler: string
  readonly data: unknown
}

/** A job under the number its answer must carry. */
export interface ToWorker {
  readonly id: number
  readonly job: unknown
}

/** What a worker says. Anything else on its port comes from the code it runs and is ignored. */
export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unfit'; readonly message: string }
  | { readonly kind: 'answer'; readonly id: number; readonly outcome: Answer }

export type Answer =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly message: string }

if (parentPort !== null) await serve(parentPort, workerData)

async function serve(port: NonNullable<typeof parentPort>, start: WorkerStart): Promise<void> {
  const say = (message: FromWorker) => port.postMessage(message)
  let handle: Handler
  try {
    const module = await import(start.handler)
    handle = await module.default(start.data)
  } catch (thrown) {
    say({ kind: 'unfit', message: messageOf(thrown) })
    return
  }
  port.on('message', async ({ id, job }: ToWorker) => {
    const answer = (outcome: Answer) => say({ kind: 'answer', id, outcome })
    try {
      answer({ kind: 'done', value: await handle(job) })
    } catch (thrown) {
      // Also where the answer itself cannot be cloned.
      answer({ kind: 'threw', message: messageOf(thrown) })
    }
  })
  say({ kind: 'ready' })
}
