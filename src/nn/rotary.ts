/**
 * How fast each pair of a head's numbers turns with the position (rotary embedding, Su et al. 2021): f_j = θ^(-2j/d)
 * for j < d/2, and the ways in which models trained on longer texts slow these down.
 * Sources: Chen et al. 2023 (linear); Peng et al. 2023, YaRN, section 3; Llama 3.1 ("llama3"); all as computed by
 * transformers, `modeling_rope_utils.py`.
 */

/** How the base frequencies are changed; lengths are in tokens. */
export type RotaryScaling =
  /** f / factor. */
  | { readonly type: 'linear'; readonly factor: number }
  /** Unchanged up to the length the model was trained on, which is all that is used here. */
  | { readonly type: 'dynamic'; readonly factor: number }
  /** f / factor where a turn takes more than original / low tokens, f where it takes less than original / high. */
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly low: number
      readonly high: number
      readonly original: number
    }
  /** From f / factor to f along a ramp between betaSlow and betaFast turns in `original`; cos and sin times `magnitude`. */
  | {
      readonly type: 'yarn'
      readonly factor: number
      readonly original: number
      readonly betaFast: number
      readonly betaSlow: number
      readonly magnitude: number
    }
  /** f_j divided by the j-th number: how GGUF keeps llama3's. */
  | { readonly type: 'divided'; readonly divisors: readonly number[] }

/** YaRN's usual factor of cos and sin: 0.1 ln(factor) + 1 (Peng et al. 2023, eq. 22). */
export function yarnMagnitude(factor: number): number {
  return factor > 1 ? 0.1 * Math.log(factor) + 1 : 1
}

/** Radians a position for each of the headSize / 2 pairs, and what cos and sin are multiplied by. */
export function rotaryFrequencies(head: {
  readonly headSize: number
  readonly ropeTheta: number
  readonly ropeScaling?: RotaryScaling
}): { readonly frequencies: readonly number[]; readonly magnitude: number } {
  const { headSize, ropeTheta, ropeScaling: scaling } = head
  const base = Array.from({ length: headSize / 2 }, (_, j) => ropeTheta ** ((-2 * j) / headSize))
  if (scaling?.type === 'yarn')
    return { frequencies: yarn(base, headSize, ropeTheta, scaling), magnitude: scaling.magnitude }
  const divisors = scaling === undefined ? undefined : rotaryDivisors(base, scaling)
  return { frequencies: divisors === undefined ? base : base.map((f, j) => f / divisors[j]), magnitude: 1 }
}

/** What each base frequency is divided by. */
export function rotaryDivisors(
  base: readonly number[],
  scaling: Exclude<RotaryScaling, { readonly type: 'yarn' }>,
): readonly number[] {
  switch (scaling.type) {
    case 'linear':
      return base.map(() => scaling.factor)
    case 'dynamic':
      return base.map(() => 1)
    case 'divided':
      return scaling.divisors
    case 'llama3':
      return base.map((f) => {
        const { factor, low, high, original } = scaling
        const turns = (original * f) / (2 * Math.PI)
        if (turns > high) return 1
        if (turns < low) return factor
        const smooth = (turns - low) / (high - low)
        return 1 / ((1 - smooth) / factor + smooth)
      })
  }
}

type Yarn = Extract<RotaryScaling, { readonly type: 'yarn' }>

function yarn(base: readonly number[], size: number, theta: number, scaling: Yarn): number[] {
  const { factor, original, betaFast, betaSlow } = scaling
  /** The pair that makes so many turns in the original length. */
  const pair = (turns: number) => (size * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const low = Math.max(Math.floor(pair(betaFast)), 0)
  const high = Math.min(Math.ceil(pair(betaSlow)), size - 1)
  const width = low === high ? 0.001 : high - low
  return base.map((f, j) => {
    const ramp = Math.min(1, Math.max(0, (j - low) / width))
    return (f / factor) * ramp + f * (1 - ramp)
  })
}
