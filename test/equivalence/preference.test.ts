/** Preference objectives and token rewards whose knob at zero is their baseline, and what the engine may not change. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gae, rto, spreadOut, tokenImplicitReward, withKl } from '../../src/credit/index.ts'
import { random } from '../../src/data/random.ts'
import {
  alignDistilTeacher,
  bco,
  cdpo,
  dpo,
  type PairItem,
  type PairObjective,
  rlhfTeacher,
  simpo,
  tgdpo,
  tReg,
} from '../../src/objectives/index.ts'
import type { LocalOptions } from '../../src/policy/local/local.ts'
import { preference } from '../../src/train/preference.ts'
import type { PreferenceOptions } from '../../src/train/preferenceOptions.ts'
import { randomBatch } from '../credit/groups.ts'
import { gridRows } from '../objectives/items.ts'
import { pairs } from '../objectives/pairs.ts'
import { tinyPairs } from '../train/resumablePreference.ts'
import { tinyPolicy } from '../train/tiny.ts'
import { equivalences, type Numbers } from './equivalence.ts'

/** Random pairs with token rewards; `rewards` replaces those by a constant. */
function items(seed: number, options: { rewards?: number; length?: number } = {}): PairItem[] {
  const source = random(seed)
  const lengths = Array.from({ length: 6 }, () => options.length ?? source.int(1, 5))
  const [logprobs, reference] = [gridRows(source, lengths, -1.5, 0.6), gridRows(source, lengths, -1.5, 0.6)]
  const drawn = gridRows(source, lengths, 0, 0.4)
  const { rewards } = options
  return pairs(logprobs, reference, rewards === undefined ? drawn : drawn.map((row) => row.map(() => rewards)))
}

const both =
  (objective: PairObjective, of: (seed: number) => PairItem[] = items) =>
  (seed: number): Numbers => {
    const { loss, gradients } = objective.evaluate(of(seed))
    return [loss, gradients]
  }

const plain = (of?: (seed: number) => PairItem[]) => both(dpo({ beta: 0.7 }), of)
const beta = 0.7
const oneToken = (seed: number) => items(seed, { length: 1 })

/** Each pair's answers as judged ones. */
const judged = (batch: readonly PairItem[]) =>
  batch.flatMap(({ chosen, rejected }) => [
    { readout: chosen, desirable: true },
    { readout: rejected, desirable: false },
  ])

/** Two random distributions over five tokens, and a student's. */
function distributions(seed: number): { own: number[]; dpo: Float32Array; other: Float32Array } {
  const source = random(seed)
  const draw = () => {
    const z = Array.from({ length: 5 }, () => source.normal())
    const mass = Math.log(z.reduce((sum, value) => sum + Math.exp(value), 0))
    return z.map((value) => value - mass)
  }
  return { own: draw(), dpo: Float32Array.from(draw()), other: Float32Array.from(draw()) }
}

const kl = (own: readonly number[], teacher: Float32Array) =>
  own.reduce((sum, value, v) => sum + Math.exp(value) * (value - teacher[v]), 0)

equivalences([
  { claim: 'T-REG of strength 0 is DPO', left: both(tReg({ beta, alpha: 0 })), right: plain(), tolerance: 1e-6 },
  {
    claim: 'T-REG on SimPO of strength 0 is SimPO',
    left: both(tReg({ base: 'simpo', alpha: 0 })),
    right: both(simpo()),
    tolerance: 1e-6,
  },
  { claim: 'TGDPO of strength 0 is DPO', left: both(tgdpo({ beta, alpha: 0 })), right: plain(), tolerance: 1e-6 },
  {
    claim: 'cDPO without critical tokens is DPO',
    left: both(cdpo({ beta }), (seed) => items(seed, { rewards: 0 })),
    right: plain((seed) => items(seed, { rewards: 0 })),
    tolerance: 1e-6,
  },
  {
    claim: 'T-REG has the gradients of DPO with coefficients 1 + alpha r and 1 - alpha r',
    left: (seed) => tReg({ beta, alpha: 0.5 }).evaluate(items(seed)).gradients,
    right: (seed) => {
      const batch = items(seed)
      const { gradients } = dpo({ beta }).evaluate(batch)
      return gradients.map((row, i) => {
        const { processRewards = [] } = i % 2 === 0 ? batch[i >> 1].chosen : batch[i >> 1].rejected
        return row.map((slope, t) => slope * (1 + (i % 2 === 0 ? 0.5 : -0.5) * processRewards[t]))
      })
    },
    tolerance: 1e-6,
  },
  {
    claim: 'DPO robust to no wrong labels is DPO',
    left: both(dpo({ beta, loss: 'robust' })),
    right: plain(),
    tolerance: 1e-12,
  },
  {
    claim: 'on one-token answers a length-normalised DPO is DPO',
    left: both(dpo({ beta, lengthNormalised: true }), oneToken),
    right: plain(oneToken),
  },
  {
    claim: 'BCO with equal classes and no shift is the bound on DPO of the pairs',
    left: (seed) => {
      const { loss, gradients } = bco({ beta, shift: 'none' }).evaluate(judged(items(seed)))
      return [loss, gradients]
    },
    right: both(dpo({ beta, loss: 'bco-pair' })),
    tolerance: 1e-6,
  },
  {
    claim: 'with equal classes BCO pooled is half of BCO by classes',
    left: (seed) => bco({ beta, reduction: 'sample-mean' }).evaluate(judged(items(seed))).loss,
    right: (seed) => bco({ beta }).evaluate(judged(items(seed))).loss / 2,
    tolerance: 1e-12,
  },
  {
    claim: "DPO's token rewards sum to its implicit reward",
    left: (seed) =>
      items(seed).map(({ chosen: { logprobs, reference } }) =>
        tokenImplicitReward(logprobs ?? new Float32Array(0), reference ?? new Float32Array(0), beta).reduce(
          (sum, value) => sum + value,
          0,
        ),
      ),
    right: (seed) => items(seed).map(({ chosen }) => dpo({ beta }).reward(chosen)),
    tolerance: 1e-6,
  },
  {
    claim: 'RTO of scale 0 is the credit it wraps',
    left: (seed) => {
      const { groups, outputs } = randomBatch(seed)
      const scores = outputs.map((group) => group.map((one) => ({ ...one, processRewards: one.values })))
      return rto(withKl(gae(), { beta: 0.1 }), { scale: 0 }).assign(groups, scores)
    },
    right: (seed) => {
      const { groups, outputs } = randomBatch(seed)
      return withKl(gae(), { beta: 0.1 }).assign(groups, outputs)
    },
  },
  {
    claim: 'however RTO pays its token rewards out, they sum to what they were; as shaping, to nothing',
    left: (seed) => {
      const rewards = Float32Array.from(gridRows(random(seed), [7], 0, 1)[0])
      const total = (spread: 'step' | 'end' | 'shaping') =>
        spreadOut(rewards, spread, [1, 4]).reduce((sum, value) => sum + value, 0)
      return [total('step'), total('end'), 1 + total('shaping')]
    },
    right: (seed) => {
      const sum = gridRows(random(seed), [7], 0, 1)[0].reduce((a, b) => a + b)
      return [sum, sum, 1]
    },
    tolerance: 1e-6,
  },
  {
    claim: 'AlignDistil, theorem 1: reward less KL is a constant less the distance from the teacher',
    left: (seed) => {
      const { own, dpo: tuned, other } = distributions(seed)
      const gain = own.reduce(
        (sum, value, v) => sum + Math.exp(value) * (0.1 * (tuned[v] - other[v]) - 0.04 * (value - other[v])),
        0,
      )
      const { distribution, weights } = rlhfTeacher(tuned, other, 5, { beta: 0.1, kl: 0.04 })
      return gain + weights[0] * kl(own, distribution)
    },
    right: (seed) => {
      const { dpo: tuned, other } = distributions(seed)
      const ratio = 0.1 / 0.04
      return 0.04 * Math.log(tuned.reduce((sum, z, v) => sum + Math.exp((1 - ratio) * other[v] + ratio * z), 0))
    },
    tolerance: 1e-5,
  },
  {
    claim: 'AlignDistil of strength 0 has the DPO model for a teacher',
    left: (seed) => {
      const { dpo: tuned, other } = distributions(seed)
      return alignDistilTeacher(tuned, other, 5, { strength: { r: 0, epsilon: 1e-9 } }).distribution
    },
    right: (seed) => distributions(seed).dpo,
    tolerance: 1e-5,
  },
  {
    claim: 'reference log-probs from the disk are those computed',
    left: (seed) => trained(seed, { cached: 2 }),
    right: (seed) => trained(seed, {}),
    seeds: 2,
  },
  {
    claim: 'a run on preferences does not depend on how the engine cuts batches',
    left: (seed) => trained(seed, { engine: { memoryBudget: 0.5 } }),
    right: (seed) => trained(seed, {}),
    tolerance: 1e-4,
    seeds: 2,
  },
])

/** The losses of three steps; `cached` runs share their reference on disk, and the last one counts. */
async function trained(seed: number, { cached = 0, engine = {} }: { cached?: number; engine?: LocalOptions }) {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-preference-'))
  try {
    const cache: Partial<PreferenceOptions> = cached > 0 ? { cache: folder } : {}
    let losses: number[] = []
    for (let run = 0; run < Math.max(1, cached); run++) {
      const policy = tinyPolicy(seed, engine)
      const data = tinyPairs(24, `${seed}`)
      const { history } = await preference({ policy, data, objective: dpo(), batch: 8, seed, folder: false, ...cache })
      losses = history.flatMap(({ metrics }) => [metrics.loss, metrics.gradientNorm, metrics.margin])
      await policy.close()
    }
    return losses
  } finally {
    await rm(folder, { recursive: true })
  }
}
