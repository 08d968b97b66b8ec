/** A judge that works on a bounded number of questions at once; the others wait in the order they came. */
import { GuerdonError } from '../data/error.ts'
import { givenUp } from './defineJudge.ts'
import type { Judge } from './judge.ts'
import { unlessAborted } from './waiting.ts'
import { wrapped } from './wrapped.ts'

/** At most `most` calls at once. A caller that stops waiting leaves the queue, and its answer is at 'deadline'. */
export function withConcurrency(judge: Judge, most: number): Judge {
  if (!Number.isInteger(most) || most < 1) {
    throw new GuerdonError(`concurrency must be a whole number from 1, not ${most}`)
  }
  let running = 0
  const waiting: (() => void)[] = []
  const leave = () => {
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
  return wrapped(judge, async (attempt, _question, signal) => {
    if (running < most) running++
    else {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      await unlessAborted(promise, signal)
      const place = waiting.indexOf(resolve)
      if (place >= 0) {
        waiting.splice(place, 1)
        return givenUp
      }
    }
    try {
      return await attempt(signal)
    } finally {
      leave()
    }
  })
}
