/** A simulated verifier: how far it believes each answer is known, and it says so by its word and by log-probabilities. */
import { defineJudge, type Judge } from 'guerdon/judge'

/**
 * The logit of a right verdict for each last line of an answer; YES where it is above 0. P(YES) is its sigmoid. It reads the
 * prompts of `referenceVerdict`.
 */
export function tableVerifier(believed: ReadonlyMap<string, number>): Judge {
  const usage = { inputTokens: 0, outputTokens: 0 }
  const logitOf = (words: string) =>
    believed.get(/final step only\)\n<data \w+>\n(.*)\n/.exec(words)?.[1] ?? '') ?? Number.NaN
  const wordsOf = (messages: Parameters<Judge['ask']>[0]['messages']) => String(messages[messages.length - 1].content)
  return defineJudge(
    'table',
    async ({ messages }) => ({
      kind: 'said',
      text: logitOf(wordsOf(messages)) > 0 ? 'YES' : 'NO',
      finish: 'stop',
      usage,
    }),
    {
      logprobs: async ({ messages }, choices) => {
        const yes = 1 / (1 + Math.exp(-logitOf(wordsOf(messages))))
        const value = choices.map((word) => Math.log(word === 'YES' ? yes : word === 'NO' ? 1 - yes : 0))
        return { ok: true, value, text: '', usage, cached: false }
      },
    },
  )
}
