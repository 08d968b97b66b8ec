/** The share of the prompt's letter among an answer's characters. */
import { defineReward } from '../../../src/rewards/reward.ts'

export default defineReward('letter', ({ prompt, completion: { text } }) => {
  const letters = [...text]
  return letters.filter((letter) => letter === prompt.reference).length / Math.max(1, letters.length)
})
