/**
 * A pool of worker processes of one kind: as many as are wanted at once up to a limit, and one more kept warm, so that
 * the death of a worker costs nobody the time of a start. Workers are lent one at a time: the last to come back whose
 * memory is laid back already, because its code and memory are still in the caches; else the longest idle.
 */
import type { WorkerProcess } from './workerProcess.ts'

export interface Workforce {
  /** An idle worker, a new one, or the next to come back. Rejects when no worker can be started. */
  take(): Promise<WorkerProcess>
  /** Takes a worker back, alive or dead. */
  give(worker: WorkerProcess): void
  /** Ends them all; whoever waits is rejected. */
  close(): void
}

/**
 * @param start starts one worker
 * @param limit how many may be lent at once
 * @param spare how many are kept ready beyond those lent
 * @param lifetime after how many programs a worker is replaced
 */
export function workforce(
  start: () => Promise<WorkerProcess>,
  limit: number,
  spare: number,
  lifetime: number,
): Workforce {
  const idle: WorkerProcess[] = []
  const lent = new Set<WorkerProcess>()
  const waiting: PromiseWithResolvers<WorkerProcess>[] = []
  let starting = 0
  let closed = false

  const lend = (worker: WorkerProcess): WorkerProcess => {
    lent.add(worker)
    return worker
  }
  const settle = (): void => {
    while (waiting.length > 0 && lent.size < limit) {
      const warm = idle.findLastIndex(({ ready }) => ready)
      const [worker] = idle.splice(Math.max(0, warm), 1)
      if (worker === undefined) break
      if (worker.alive) waiting.shift()?.resolve(lend(worker))
    }
    const wanted = Math.min(waiting.length, limit - lent.size) + (lent.size > 0 || waiting.length > 0 ? spare : 0)
    for (let missing = wanted - idle.length - starting; missing > 0 && !closed; missing--) recruit()
  }
  const recruit = async (): Promise<void> => {
    starting++
    try {
      const worker = await start()
      if (closed) worker.kill('the sandbox was closed')
      else idle.push(worker)
    } catch (thrown) {
      // Only those who wait are told; the next to ask will try again.
      for (const one of waiting.splice(0)) one.reject(thrown)
    } finally {
      starting--
    }
    if (idle.length > 0) settle()
  }
  return {
    take() {
      const request = Promise.withResolvers<WorkerProcess>()
      if (closed) request.reject(new Error('the sandbox is closed'))
      else waiting.push(request)
      settle()
      return request.promise
    },
    give(worker) {
      lent.delete(worker)
      if (worker.alive && worker.served >= lifetime) worker.kill('it has served long enough')
      if (worker.alive) {
        worker.rest()
        idle.push(worker)
      }
      settle()
    },
    close() {
      closed = true
      for (const worker of [...idle.splice(0), ...lent]) worker.kill('the sandbox was closed')
      for (const one of waiting.splice(0)) one.reject(new Error('the sandbox is closed'))
    },
  }
}
