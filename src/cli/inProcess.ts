/**
 * A reward that waits for others (a judge behind a network, a model with threads of its own) kept in this process: as many
 * calls at once as it can work on, each under its own deadline from the moment its turn comes.
 */
import type { Sample } from '../data/message.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'

/** The reward with a queue in front. A deadline aborts the call; what blocks the thread cannot be stopped. */
export function inProcess(reward: Reward, deadlineMs: number): Reward {
  const { concurrency = 64 } = reward
  let running = 0
  const waiting: (() => void)[] = []
  const turn = async () => {
    if (running < concurrency) {
      running++
      return
    }
    // Whoever leaves hands over the place.
    await new Promise<void>((resolve) => waiting.push(resolve))
  }
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
  return {
    ...reward,
    concurrency,
    async score(samples: readonly Sample[], signal?: AbortSignal) {
      await turn()
      try {
        return await scoreAll(reward, samples, { deadlineMs, ...(signal === undefined ? {} : { signal }) })
      } finally {
        leave()
      }
    },
  }
}
