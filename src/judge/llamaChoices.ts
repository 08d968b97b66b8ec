/** Exact log-probabilities of given continuations under a local model. */
import type { ControlledEvaluateInputItem, LlamaContextSequence, Token } from 'node-llama-cpp'

/**
 * log p(choice | prompt) = Σ_i log p(choice_i | prompt, choice_<i) for each choice, from the whole softmax (temperature
 * 1, nothing cut). The sequence holds the prompt without its last token; the prompt is read once for all choices.
 */
export async function choicesLogprobs(
  sequence: LlamaContextSequence,
  prompt: readonly Token[],
  choices: readonly (readonly Token[])[],
): Promise<number[]> {
  const firsts = choices.map(([first]) => first)
  const [start] = await nextLogprobs(sequence, [prompt[prompt.length - 1]], [firsts])
  const logprobs: number[] = []
  for (const [i, choice] of choices.entries()) {
    let sum = start[i]
    if (choice.length > 1) {
      await sequence.adaptStateToTokens([...prompt], false)
      const rest = await nextLogprobs(
        sequence,
        choice.slice(0, -1),
        choice.slice(1).map((token) => [token]),
      )
      sum += rest.reduce((total, [logprob]) => total + logprob, 0)
    }
    logprobs.push(sum)
  }
  return logprobs
}

/** Reads `tokens`; after token i, the log-probs of `wanted[i]` to come next: logit - log Σ exp(logit). */
async function nextLogprobs(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  wanted: readonly (readonly Token[])[],
): Promise<number[][]> {
  const input = tokens.map((token, i): ControlledEvaluateInputItem => {
    // The greatest logit comes with the top one; includeMax gives none where it is not among the wanted (3.22).
    const logits = { filter: { tokens: wanted[i], includeTop: 1 } }
    return [token, { generateNext: { logits, totalLogitWeight: true } }]
  })
  const output = await sequence.controlledEvaluate(input)
  return output.map((each, i) => {
    const { logits, totalLogitWeight } = each?.next ?? {}
    if (logits === undefined || totalLogitWeight === undefined) throw new Error('node-llama-cpp gave no logits')
    const logNormaliser = Math.max(...logits.values()) + Math.log(totalLogitWeight)
    return wanted[i].map((token) => (logits.get(token) ?? Number.NEGATIVE_INFINITY) - logNormaliser)
  })
}
