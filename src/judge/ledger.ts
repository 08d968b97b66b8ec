/** Accounts of what judges were asked, what they used and what it cost. */
import type { Answer, Judge, Usage } from './judge.ts'
import { wrapped } from './wrapped.ts'

/** What a million tokens cost, in a currency of your choice. */
export interface Price {
  readonly input: number
  readonly output: number
}

/** One judge's account. */
export interface JudgeTotals {
  readonly judge: string
  readonly asked: number
  readonly answered: number
  /** Answers that are not ok, by where they failed. */
  readonly failed: { readonly judge: number; readonly network: number; readonly deadline: number }
  /** How many of the asked were read from a cache; their tokens are not counted again. */
  readonly fromCache: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** There where the judge has a price or states its costs itself. */
  readonly cost?: number
}

export interface Ledger {
  /** The judge, its every call booked here; answers get their cost. Judges of one name share an account. */
  keep(judge: Judge): Judge
  /** The accounts so far, in the order in which judges were kept. */
  totals(): readonly JudgeTotals[]
}

/** An empty ledger. `prices` go by the judge's name. Outside `withRetries` it counts answers, inside it counts tries. */
export function ledger(prices: Readonly<Record<string, Price>> = {}): Ledger {
  const accounts = new Map<string, JudgeTotals>()
  return {
    keep(judge) {
      const { name } = judge
      const price = Object.hasOwn(prices, name) ? prices[name] : undefined
      accounts.set(name, accounts.get(name) ?? empty(name, price !== undefined))
      return wrapped(judge, async (attempt, _question, signal) => {
        const answer = await attempt(signal)
        const priced = { ...answer, usage: withCost(answer.usage, price) }
        accounts.set(name, booked(accounts.get(name) ?? empty(name, price !== undefined), priced))
        return priced
      })
    },
    totals: () => [...accounts.values()],
  }
}

function empty(judge: string, priced: boolean): JudgeTotals {
  const failed = { judge: 0, network: 0, deadline: 0 }
  const counts = { asked: 0, answered: 0, failed, fromCache: 0, inputTokens: 0, outputTokens: 0 }
  return { judge, ...counts, ...(priced ? { cost: 0 } : {}) }
}

function withCost(usage: Usage, price: Price | undefined): Usage {
  if (price === undefined || usage.cost !== undefined) return usage
  return { ...usage, cost: (usage.inputTokens * price.input + usage.outputTokens * price.output) / 1e6 }
}

function booked(totals: JudgeTotals, answer: Answer<unknown>): JudgeTotals {
  const counted = {
    ...totals,
    asked: totals.asked + 1,
    answered: totals.answered + (answer.ok ? 1 : 0),
    failed: answer.ok ? totals.failed : { ...totals.failed, [answer.at]: totals.failed[answer.at] + 1 },
  }
  if (answer.cached === true) return { ...counted, fromCache: totals.fromCache + 1 }
  const { inputTokens, outputTokens, cost } = answer.usage
  return {
    ...counted,
    inputTokens: totals.inputTokens + inputTokens,
    outputTokens: totals.outputTokens + outputTokens,
    ...(cost === undefined ? {} : { cost: (totals.cost ?? 0) + cost }),
  }
}
