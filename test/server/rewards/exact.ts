import { defineReward } from '../../../src/rewards/reward.ts'

/** 1 for the reference, -1 for another answer; null, so no score, where there is no reference. */
export default defineReward(
  'exact',
  ({ prompt, completion }) => {
    if (prompt.reference === undefined) return null
    const value = completion.text === prompt.reference ? 1 : -1
    return {
      kind: 'scored',
      value,
      parts: { length: completion.text.length },
      feedback: `prompt ${prompt.messages[0]?.content}`,
    }
  },
  { range: [-1, 1] },
)
