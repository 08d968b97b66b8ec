/** Ways to train that must leave the same model behind. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { grpo } from '../../src/credit/grpo.ts'
import type { Sample } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import type { LocalOptions } from '../../src/policy/local/local.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import type { PolicyGradientOptions } from '../../src/train/options.ts'
import { policyGradient } from '../../src/train/policyGradient.ts'
import { tinyPolicy, tinyTask } from '../train/tiny.ts'
import { equivalences, type Numbers } from './equivalence.ts'

const length = ({ completion }: Sample) => completion.text.length

/** The weights after three steps, and every step's loss and reward. */
async function trained(
  seed: number,
  more: Partial<PolicyGradientOptions> = {},
  engine: LocalOptions = {},
): Promise<readonly [weights: Float32Array, history: readonly Numbers[]]> {
  const policy = tinyPolicy(seed, engine)
  const { history } = await policyGradient({
    policy,
    task: tinyTask(defineReward('length', length)),
    credit: grpo(),
    objective: clipped(),
    prompts: 3,
    groupSize: 6,
    steps: 3,
    maxTokens: 12,
    epochs: 2,
    seed,
    folder: false,
    ...more,
  })
  await policy.close()
  return [policy.weights(), history.map(({ metrics: { loss, reward, gradientNorm } }) => [loss, reward, gradientNorm])]
}

const known = new Map<number, ReturnType<typeof trained>>()

/** The same for all claims, so trained once. */
function plain(seed: number): ReturnType<typeof trained> {
  const run = known.get(seed) ?? trained(seed)
  known.set(seed, run)
  return run
}

/** A reward that answers after a while, in another order than it was asked. */
function slowly(seed: number) {
  const dice = random(seed)
  return defineReward('length', async (sample) => {
    await setTimeout(dice.int(0, 8))
    return length(sample)
  })
}

async function resumedAfterEachStep(seed: number): Promise<Numbers> {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-train-'))
  const parts: Awaited<ReturnType<typeof trained>>[] = []
  for (const step of [1, 2, 3]) {
    const stop = new AbortController()
    parts.push(
      await trained(seed, {
        folder: join(folder, 'run'),
        resume: true,
        signal: stop.signal,
        onStep: (progress) => progress.step === step && stop.abort(),
      }),
    )
  }
  await rm(folder, { recursive: true })
  return [parts[2][0], parts.flatMap(([, history]) => history)]
}

equivalences([
  {
    claim: 'a batch that goes through the model in one piece or in many teaches the same',
    left: plain,
    // A tenth of a megabyte holds no sequence: each goes alone.
    right: (seed) => trained(seed, {}, { memoryBudget: 0.1 }),
    tolerance: 1e-4,
    seeds: 2,
  },
  {
    claim: 'a reward that answers late and out of order teaches what a prompt one does',
    left: plain,
    right: (seed) => trained(seed, { task: tinyTask(slowly(seed)) }),
    seeds: 2,
  },
  {
    claim: 'a listwise reward that judges each answer alone is a reward',
    left: plain,
    right: (seed) => {
      const single = defineReward('length', length)
      return trained(seed, { task: tinyTask({ ...single, listwise: true }) })
    },
    seeds: 2,
  },
  {
    claim: 'a run resumed after every step is an unbroken one',
    left: plain,
    right: resumedAfterEachStep,
    seeds: 1,
  },
])
