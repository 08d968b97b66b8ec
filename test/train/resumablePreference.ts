/**
 * A run on preferences in which everything that can remember does: the policy and its optimiser, an objective with a
 * moving average, a companion, and a reference that the checkpoint does not hold. `node resumablePreference.ts <folder>`.
 */
import { userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import type { Preference } from '../../src/data/rollout.ts'
import { bco } from '../../src/objectives/bco.ts'
import { preference } from '../../src/train/preference.ts'
import type { PreferenceCompanion, PreferenceOptions } from '../../src/train/preferenceOptions.ts'
import type { TrainingResult } from '../../src/train/trainingResult.ts'
import { tinyPolicy } from './tiny.ts'

if (import.meta.main)
  await resumablePreference(process.argv[2], { resume: true, onStep: ({ step }) => console.log(`step ${step}`) })

/** Trains for 7 steps with a checkpoint after every second one, each time with everything made anew. */
export async function resumablePreference(
  folder: string,
  more: Partial<PreferenceOptions> = {},
): Promise<TrainingResult> {
  const policy = tinyPolicy(1)
  const model = tinyPolicy(2)
  try {
    return await preference({
      policy,
      data: tinyPairs(20, 'training'),
      objective: bco({ decay: 0.7 }),
      companions: [imitator(model)],
      batch: 6,
      steps: 7,
      evaluation: { data: tinyPairs(6, 'held out'), every: 3 },
      checkpointEvery: 2,
      seed: 'resumable',
      folder,
      ...more,
    })
  } finally {
    await Promise.all([policy.close(), model.close()])
  }
}

/** Answers of one to five letters; the chosen one begins with c. */
export function tinyPairs(count: number, seed: string): Preference[] {
  const source = random(seed)
  const word = () => Array.from({ length: source.int(0, 4) }, () => source.pick([...'abcdefgh'])).join('')
  return Array.from({ length: count }, (_, n) => ({
    prompt: userPrompt(`${seed}-${n}`, source.pick(['a', 'b', 'ab', 'gh'])),
    chosen: `c${word()}`,
    rejected: `${source.pick(['a', 'b', 'd'])}${word()}`,
  }))
}

/** A companion that learns the desirable answers by heart. */
function imitator(model: ReturnType<typeof tinyPolicy>): PreferenceCompanion {
  return {
    name: 'imitator',
    gives: [],
    forward: async () => [],
    async learn({ examples }) {
      const sequences = examples.flatMap(({ desirable, sequences }) => (desirable === true ? sequences : []))
      const { logprobs } = await model.backward(
        sequences,
        sequences.map(({ tokens, promptLength }) => ({
          logprobs: new Float32Array(tokens.length - promptLength).fill(-0.1),
        })),
      )
      await model.step({ learningRate: 1e-3 })
      return { loss: -logprobs.flatMap((line) => [...line]).reduce((sum, value) => sum + value, 0) }
    },
    save: (into) => model.save(into),
    load: (from) => model.load(from),
  }
}
