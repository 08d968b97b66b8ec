/**
 * An allowance of work. Everything that reads or compares mathematics spends from one, so that no input, however hostile,
 * can take long; counting steps instead of looking at a clock keeps the answer the same on every machine.
 */

export interface Budget {
  left: number
}

/** Thrown when an allowance is used up or a number would outgrow every bound. Caught where a comparison begins. */
export class BudgetSpent extends Error {
  constructor() {
    super('the allowance of work is used up')
    this.name = 'BudgetSpent'
  }
}

/** What reading and comparing one pair of answers may cost; a step is about a microsecond. */
export const STEPS_PER_ANSWER = 40_000

export function newBudget(steps: number = STEPS_PER_ANSWER): Budget {
  return { left: steps }
}

export function spend(budget: Budget, steps: number): void {
  budget.left -= steps
  // A comparison that NaN would slip through is turned round.
  if (!(budget.left >= 0)) throw new BudgetSpent()
}

/** The result of `work`, or undefined where its allowance ran out. */
export function within<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (thrown) {
    if (thrown instanceof BudgetSpent) return undefined
    throw thrown
  }
}
