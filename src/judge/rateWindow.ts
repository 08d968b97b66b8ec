/** A sliding window: within any `seconds` no more than `limit` is taken, unless one single amount is larger. */

export interface RateWindow {
  /** Seconds from `now` until `amount` may be taken. An amount above the limit waits for an empty window. */
  wait(amount: number, now: number): number
  /** Takes it at `now`; the function it returns puts the true amount in place of the estimate. */
  take(amount: number, now: number): (actual: number) => void
}

/** An empty window. Times are seconds of any clock that never goes back. */
export function rateWindow(limit: number, seconds: number): RateWindow {
  let taken: { readonly at: number; amount: number }[] = []
  return {
    wait(amount, now) {
      taken = taken.filter(({ at }) => at > now - seconds)
      let sum = taken.reduce((total, entry) => total + entry.amount, 0)
      let wait = 0
      for (const entry of taken) {
        if (sum + amount <= limit) break
        sum -= entry.amount
        wait = entry.at + seconds - now
      }
      return wait
    },
    take(amount, now) {
      const entry = { at: now, amount }
      taken.push(entry)
      return (actual) => {
        entry.amount = actual
      }
    },
  }
}
