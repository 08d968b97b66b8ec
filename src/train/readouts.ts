/** Gathering the readouts that a credit and an objective ask for, each number once, from whoever gives it. */
import { GuerdonError } from '../data/error.ts'
import type { Readout, Want } from '../data/readout.ts'
import type { Sequence } from '../data/rollout.ts'
import type { ForwardOptions, FrozenPolicy } from '../policy/policy.ts'
import type { Companion } from './companion.ts'

export interface Sources {
  readonly policy: FrozenPolicy
  /** The frozen policy that 'reference' means. */
  readonly reference?: FrozenPolicy
  readonly companions: readonly Pick<Companion, 'gives' | 'forward'>[]
}

/** One readout per sequence with everything wanted. */
export async function gatherReadouts(
  { policy, reference, companions }: Sources,
  sequences: readonly Sequence[],
  want: readonly Want[],
  options: Pick<ForwardOptions, 'influence'> = {},
): Promise<Readout[]> {
  const open = new Set(want)
  const asked = companions.flatMap((companion) => {
    const given = companion.gives.filter((each) => open.delete(each))
    return given.length === 0 ? [] : [{ companion, given }]
  })
  const referred = open.delete('reference')
  // Before anything runs: what has begun should not be left alone.
  if (referred && reference === undefined)
    throw new GuerdonError("'reference' is wanted, but there is no reference policy")
  if (open.has('processRewards'))
    throw new GuerdonError("'processRewards' are wanted, but no companion gives them", {
      fix: 'companions: [implicitReward(...)], or a credit that needs none',
    })
  const parts: Promise<readonly Readout[]>[] = asked.map(({ companion, given }) => companion.forward(sequences, given))
  if (referred && reference !== undefined)
    parts.push(
      reference
        .forward(sequences, ['logprobs'])
        .then((readouts) => readouts.map(({ logprobs }) => (logprobs === undefined ? {} : { reference: logprobs }))),
    )
  if (open.size > 0) parts.push(policy.forward(sequences, [...open], options))
  const gathered = await Promise.all(parts)
  return sequences.map((_, i) => Object.assign({}, ...gathered.map((part) => part[i])))
}
