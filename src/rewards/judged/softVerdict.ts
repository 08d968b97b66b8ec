/**
 * A verdict's probability as a reward ("Expanding RL with Verifiable Rewards Across Diverse Domains", arXiv 2503.23829).
 * With pi the distribution of the verifier's first token and c its most likely one,
 *
 *     firstToken (eq. 4):   pi(YES) if c = YES;   1 - pi(NO) if c = NO;   0 otherwise
 *     renormalised:         P_yes / (P_yes + P_no), the spellings of each word added up; 0 where both are 0
 *
 * The second is what the authors' own script computes; it has no jump where the decision turns.
 */

export type SoftForm = 'firstToken' | 'renormalised'

/** The soft verdict of a first-token distribution (token to probability; what is missing counts as 0), in [0, 1]. */
export function softVerdict(probabilities: Readonly<Record<string, number>>, form: SoftForm = 'renormalised'): number {
  if (form === 'renormalised') {
    const { yes, no } = yesNoMass(probabilities)
    return yes + no > 0 ? yes / (yes + no) : 0
  }
  const [first] = Object.entries(probabilities).sort(([, a], [, b]) => b - a)
  if (first?.[0] === 'YES') return first[1]
  return first?.[0] === 'NO' ? 1 - first[1] : 0
}

/** The probability of each word over its spellings: case and the white space around it do not count. */
export function yesNoMass(probabilities: Readonly<Record<string, number>>): YesNo {
  let [yes, no] = [0, 0]
  for (const [token, probability] of Object.entries(probabilities)) {
    const word = token.trim().toLowerCase()
    if (word === 'yes') yes += probability
    else if (word === 'no') no += probability
  }
  return { yes, no }
}

/** Probabilities of the two answers; they need not add up to 1. */
export interface YesNo {
  readonly yes: number
  readonly no: number
}

/** The last line that is not blank, which is all that the paper's verifier reads; undefined where there is none. */
export function lastLine(text: string): string | undefined {
  return text
    .split(/\r?\n/)
    .findLast((line) => line.trim() !== '')
    ?.trim()
}
