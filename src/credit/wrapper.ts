/** What a credit made of other credits passes on: what they need, and what they remember. */
import type { Want } from '../data/readout.ts'
import type { Credit } from './credit.ts'

/** The needs of several credits and more, each once. */
export function joinedNeeds(credits: readonly Credit[], more: readonly Want[] = []): Want[] {
  return [...new Set([...credits.flatMap(({ needs }) => needs), ...more])]
}

/** What the first credit that asks wants `influence` measured towards. A batch is read once, so only one may ask. */
export function joinedInfluence(credits: readonly Credit[]): Pick<Credit, 'influence'> {
  const asking = credits.find((credit) => credit.influence !== undefined)?.influence
  return asking === undefined ? {} : { influence: asking }
}

/** The memory of several credits as one list; nothing where none of them has any. */
export function joinedState(credits: readonly Credit[]): Pick<Credit, 'state' | 'restore'> {
  if (credits.every((credit) => credit.state === undefined)) return {}
  return {
    state: () => credits.map((credit) => credit.state?.() ?? null),
    restore(state) {
      if (Array.isArray(state)) for (const [i, credit] of credits.entries()) credit.restore?.(state[i])
    },
  }
}
