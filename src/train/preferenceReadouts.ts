/** What an objective on preferences reads: numbers that stay the same, computed once, and those of the policy as it is. */
import { GuerdonError } from '../data/error.ts'
import type { Readout } from '../data/readout.ts'
import type { Sequence } from '../data/rollout.ts'
import type { Evaluation } from '../objectives/objective.ts'
import type { FrozenPolicy } from '../policy/policy.ts'
import { fixedNumbers } from './fixedNumbers.ts'
import type { Example } from './preferenceExamples.ts'
import type { ResolvedPreference } from './preferenceOptions.ts'
import { gatherReadouts } from './readouts.ts'

/** An example with the numbers that stay the same, one readout a sequence; the last of them may be a mismatched answer. */
export interface Prepared extends Example {
  readonly fixed: readonly Readout[]
  readonly mismatched?: { readonly sequence: Sequence; readonly fixed: Readout }
}

/** Computes, or finds in the folder, what the objective needs of the reference and of the token scorer. */
export async function withFixed(
  examples: readonly Example[],
  { objective, tokenScores, signal }: ResolvedPreference,
  reference: FrozenPolicy | undefined,
  folder: string | undefined,
): Promise<Prepared[]> {
  const owners = examples.flatMap((example) =>
    example.sequences.map((sequence) => ({ prompt: example.prompt, sequence })),
  )
  const drifting = objective.over === 'answers' && objective.mismatched === true ? mismatchedOf(examples) : []
  const sequences = [...owners.map(({ sequence }) => sequence), ...drifting]
  const readouts: Readout[] = sequences.map(() => ({}))
  if (objective.needs.includes('reference') && reference !== undefined) {
    const compute = async (places: readonly number[]) =>
      (
        await reference.forward(
          places.map((place) => sequences[place]),
          ['logprobs'],
        )
      ).map(logprobsOf)
    const numbers = await fixedNumbers(sequences, { name: 'reference', folder, compute, signal })
    for (const [i, line] of numbers.entries()) readouts[i] = { ...readouts[i], reference: line }
  }
  if (objective.needs.includes('processRewards') && tokenScores !== undefined) {
    const compute = (places: readonly number[]) => tokenScores.score(places.map((place) => owners[place]))
    const numbers = await fixedNumbers(sequences.slice(0, owners.length), {
      name: tokenScores.name,
      folder,
      compute,
      signal,
    })
    for (const [i, line] of numbers.entries()) readouts[i] = { ...readouts[i], processRewards: line }
  }
  let at = 0
  return examples.map((example, i): Prepared => {
    const fixed = readouts.slice(at, (at += example.sequences.length))
    const sequence = drifting[i]
    if (sequence === undefined) return { ...example, fixed }
    return { ...example, fixed, mismatched: { sequence, fixed: readouts[owners.length + i] } }
  })
}

/** Each prompt with the next example's answer, the last with the first's. */
function mismatchedOf(examples: readonly Example[]): Sequence[] {
  return examples.map(({ sequences: [own] }, i) => {
    const [other] = examples[(i + 1) % examples.length].sequences
    const answer = other.tokens.subarray(other.promptLength)
    return {
      tokens: Int32Array.of(...own.tokens.subarray(0, own.promptLength), ...answer),
      promptLength: own.promptLength,
    }
  })
}

/** Everything the objective needs of the examples' sequences; a mismatched answer's readout comes last. */
export async function readExamples(
  { policy, objective, companions }: ResolvedPreference,
  examples: readonly Prepared[],
): Promise<Readout[][]> {
  const sequences = examples.flatMap((example) => example.sequences)
  const drifting = examples.flatMap(({ mismatched }) => mismatched ?? [])
  const given = new Set(examples.flatMap(({ fixed }) => fixed.flatMap((readout) => Object.keys(readout))))
  const wanted = objective.needs.filter((need) => !given.has(need))
  const [read, drifted] = [
    await gatherReadouts({ policy, companions }, sequences, wanted),
    drifting.length === 0
      ? []
      : await policy.forward(
          drifting.map(({ sequence }) => sequence),
          ['logprobs'],
        ),
  ]
  let [at, drift] = [0, 0]
  return examples.map(({ fixed, mismatched }) => [
    ...fixed.map((readout) => ({ ...readout, ...read[at++] })),
    ...(mismatched === undefined ? [] : [{ ...mismatched.fixed, ...drifted[drift++] }]),
  ])
}

/** The objective on the examples: gradients one array a sequence, in their order. */
export function evaluateExamples(
  { objective }: ResolvedPreference,
  examples: readonly Prepared[],
  readouts: readonly (readonly Readout[])[],
): Evaluation {
  if (objective.over === 'pairs')
    return objective.evaluate(readouts.map(([chosen, rejected]) => ({ chosen, rejected })))
  return objective.evaluate(
    readouts.map(([readout, mismatched], i) => ({
      readout,
      desirable: examples[i].desirable === true,
      ...(examples[i].weight === undefined ? {} : { weight: examples[i].weight }),
      ...(mismatched === undefined ? {} : { mismatched }),
    })),
  )
}

function logprobsOf({ logprobs }: Readout): Float32Array {
  if (logprobs === undefined) throw new GuerdonError('the reference gave no log-probs')
  return logprobs
}
