/**
 * PAR, Preference As Reward, and its family, "Reward Shaping to Mitigate Reward Hacking in RLHF" (2025, arXiv
 * 2502.18770): a bounded reward that grows fast at first and then flattens, of the reward against M reference answers,
 *
 *     value = mean over m of f(k (r - shift - r_ref,m))
 *
 * f = sigma and shift = 0 is PAR: the probability that the reward model prefers the answer to a reference.
 */
import { type Score, type Scored, unscored } from '../data/score.ts'
import { mapScored, type Place, withValue } from './mapScored.ts'
import { noReferences, type References, referenceBook } from './references.ts'
import type { Shaping } from './shaping.ts'

export interface ParOptions {
  readonly references: References
  /** k. Default 1. */
  readonly slope?: number
}

/** sigma of the reward against its references, in (0, 1). A prompt without references is Unscored. */
export function par(options: ParOptions): Shaping {
  return { ...squash({ ...options, squash: 'sigmoid' }), name: 'par' }
}

export interface SquashOptions {
  /**
   * 'sigmoid'; 'tanh'; 'polynomial': the least-squares fit of degree 5 to the sigmoid on [-5, 5], 0 and 1 outside, which
   * overshoots both by up to 0.011 just within. Default 'sigmoid'.
   */
  readonly squash?: 'sigmoid' | 'tanh' | 'polynomial'
  /** Default: none, f of the reward itself (the uncentred forms). */
  readonly references?: References
  /** k. Default 1. */
  readonly slope?: number
  /** Taken off the reward first: 3 is the paper's slow growth, fast convergence. Default 0. */
  readonly shift?: number
}

/** The paper's squashed rewards, centred or not. Increasing (but for the polynomial's ends) and bounded. */
export function squash(options: SquashOptions = {}): Shaping {
  const { squash: kind = 'sigmoid', references = 0, slope = 1, shift = 0 } = options
  const book = referenceBook(references, [undefined])
  const change = (score: Scored, { group }: Place): Score => {
    const found = book.of(group.prompt)
    if (found === undefined) return unscored('reward', noReferences(group.prompt, undefined))
    const squashed = found.map((reference) => squashes[kind](slope * (score.value - shift - reference)))
    return withValue(score, squashed.reduce((sum, each) => sum + each, 0) / squashed.length)
  }
  return {
    name: kind,
    state: book.state,
    restore: book.restore,
    shape(groups) {
      book.note(groups)
      return mapScored(groups, change)
    },
  }
}

/** 1 / (1 + e^-z), without overflow. */
export function sigmoid(z: number): number {
  return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z))
}

const squashes = { sigmoid, tanh: Math.tanh, polynomial }

/** Fitted on 100 equally spaced points, both ends included; the even coefficients but the constant are 0 by symmetry. */
const [first, third, fifth] = [0.22878851177826048, -0.010130912056491978, 0.00020266916983218385]

function polynomial(z: number): number {
  if (z < -5) return 0
  return z > 5 ? 1 : 0.5 + first * z + third * z ** 3 + fifth * z ** 5
}
