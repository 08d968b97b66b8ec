/** Samples for tests: one prompt id, one text, one reference. */
import type { Json, Sample } from '../../src/data/message.ts'
import { userPrompt } from '../../src/data/message.ts'
import type { Score } from '../../src/data/score.ts'
import type { Reward } from '../../src/rewards/reward.ts'

export function sample(text: string, reference?: Json, id = 'p'): Sample {
  return { prompt: userPrompt(id, 'question', reference), completion: { text, finish: 'stop' } }
}

/** The values of scores, null for Unscored. */
export function valuesOf(scores: readonly Score[]): (number | null)[] {
  return scores.map((score) => (score.kind === 'scored' ? score.value : null))
}

export async function scoreOf(reward: Reward, text: string, reference?: Json): Promise<Score> {
  return (await reward.score([sample(text, reference)]))[0]
}
