/** Log-probabilities of choices, read off the likeliest alternatives of an answer's first token. */

export interface Alternative {
  readonly token: string
  /** Natural logarithm of its probability. */
  readonly logprob: number
}

/**
 * For each choice, log of the summed probability of the tokens that begin it and no other choice: exact where a choice
 * is one token, and the probability of starting it where it is longer. White space before a token is left out. A choice
 * that none of the tokens begins gets the most it can have: the least log-prob listed, or the mass that is not listed.
 *
 * There is no answer (`none`) where no choice begins with any token, or where one choice begins another ('1' and '10':
 * the first token cannot tell them apart).
 */
export function choiceLogprobs(
  top: readonly Alternative[],
  choices: readonly string[],
):
  | { readonly kind: 'logprobs'; readonly logprobs: readonly number[] }
  | { readonly kind: 'none'; readonly reason: string } {
  const wanted = choices.map((choice) => choice.trimStart())
  const begun = wanted.find((choice, i) => wanted.some((other, j) => i !== j && other.startsWith(choice)))
  if (begun !== undefined) {
    return { kind: 'none', reason: `the choice '${begun}' begins another: the first token cannot tell them apart` }
  }
  const mass = wanted.map(() => 0)
  let listed = 0
  for (const { token, logprob } of top) {
    listed += Math.exp(logprob)
    const start = token.trimStart()
    const begins = start === '' ? [] : wanted.flatMap((choice, i) => (choice.startsWith(start) ? [i] : []))
    if (begins.length === 1) mass[begins[0]] += Math.exp(logprob)
  }
  if (mass.every((probability) => probability === 0)) {
    const likeliest = top.toSorted((a, b) => b.logprob - a.logprob)[0]
    const reason = `no choice is among the ${top.length} likeliest first tokens; '${likeliest?.token}' is the likeliest`
    return { kind: 'none', reason }
  }
  const least = Math.min(...top.map(({ logprob }) => logprob))
  // Rounding may leave less than nothing unlisted; the floor keeps its logarithm finite.
  const unlisted = Math.log(Math.max(1 - listed, 1e-12))
  return {
    kind: 'logprobs',
    logprobs: mass.map((probability) => (probability > 0 ? Math.log(probability) : Math.min(least, unlisted))),
  }
}
