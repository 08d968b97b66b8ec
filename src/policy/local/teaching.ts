/** A teacher's distributions as inputs of the backward program: those of a microbatch, end to end. */
import { GuerdonError } from '../../data/error.ts'
import { completionLength, type Sequence } from '../../data/rollout.ts'
import type { Value } from '../../graph/index.ts'
import { LEAST_REST } from '../../nn/divergence.ts'
import type { Teacher } from '../policy.ts'
import type { Microbatch } from './microbatch.ts'

/** The kind decides the program; `inputs` are named as it names them. */
export interface Teaching {
  readonly kind: 'dense' | 'coarse'
  readonly inputs: Readonly<Record<string, Value>>
}

/** Throws a GuerdonError where a teacher's numbers do not fit its sequence, or hold a probability of zero. */
export function teachingOf(
  piece: Microbatch,
  sequences: readonly Sequence[],
  teachers: readonly Teacher[],
  vocabulary: number,
): Teaching {
  if (teachers.length !== sequences.length)
    throw new GuerdonError(`backward: ${sequences.length} sequences but ${teachers.length} teachers`)
  const kind = 'k' in teachers[0] ? 'coarse' : 'dense'
  const rows = piece.rows.data.length
  const width = 'k' in teachers[0] ? teachers[0].k : vocabulary
  const data = new Float32Array(rows * width)
  const ids = new BigInt64Array(kind === 'coarse' ? rows * width : 0)
  const rest = new Float32Array(kind === 'coarse' ? rows : 0)
  piece.members.forEach((member, row) => {
    const teacher = teachers[member]
    const numbers = 'k' in teacher ? teacher.logprobs : teacher.distribution
    if ('k' in teacher !== (kind === 'coarse') || ('k' in teacher && teacher.k !== width))
      throw new GuerdonError('the teachers of one call are all dense, or all of the same k')
    if (numbers.length !== completionLength(sequences[member]) * width)
      throw new GuerdonError(
        `the teacher of sequence ${member} has ${numbers.length} numbers for ${completionLength(sequences[member])} tokens of ${width}`,
      )
    if (!numbers.every(Number.isFinite))
      throw new GuerdonError(`the teacher of sequence ${member} has a log-prob that is not finite`, {
        fix: 'give every token some probability: the divergence from a teacher of probability zero is infinite',
      })
    data.set(numbers, piece.offsets[row] * width)
    if ('k' in teacher) fillCoarse(teacher, piece.offsets[row], ids, rest)
  })
  const teacher: Value = { data, dims: [rows, width] }
  if (kind === 'dense') return { kind, inputs: { teacher } }
  return {
    kind,
    inputs: { teacher, teacherIds: { data: ids, dims: [rows, width] }, teacherRest: { data: rest, dims: [rows] } },
  }
}

function fillCoarse(
  { k, ids, logprobs }: Extract<Teacher, { k: number }>,
  at: number,
  into: BigInt64Array,
  rest: Float32Array,
) {
  for (let i = 0; i < ids.length; i++) into[at * k + i] = BigInt(ids[i])
  for (let t = 0; t < ids.length / k; t++) {
    let mass = 0
    for (let i = t * k; i < (t + 1) * k; i++) mass += Math.exp(logprobs[i])
    rest[at + t] = Math.log(Math.max(LEAST_REST, 1 - mass))
  }
}
