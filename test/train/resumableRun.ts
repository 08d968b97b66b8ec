/**
 * A run in which everything that can remember does: the policy and its optimiser, a critic, a credit, a shaping, the
 * place in the task, and a reference that the checkpoint does not hold. `node resumableRun.ts <folder>` runs it.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { z } from 'zod'
import type { Credit } from '../../src/credit/credit.ts'
import { gae } from '../../src/credit/gae.ts'
import type { Sample } from '../../src/data/message.ts'
import { scored } from '../../src/data/score.ts'
import { clipped } from '../../src/objectives/clipped.ts'
import { defineReward } from '../../src/rewards/reward.ts'
import type { Shaping } from '../../src/shaping/shaping.ts'
import { critic } from '../../src/train/critic.ts'
import type { PolicyGradientOptions } from '../../src/train/options.ts'
import { policyGradient } from '../../src/train/policyGradient.ts'
import type { TrainingResult } from '../../src/train/trainingResult.ts'
import { tinyPolicy, tinyPrompts, tinyTask } from './tiny.ts'

const memory = z.object({ sum: z.number(), count: z.number() })

if (import.meta.main)
  await resumableRun(process.argv[2], { resume: true, onStep: ({ step }) => console.log(`step ${step}`) })

/** Trains for 7 steps with a checkpoint after every second one, each time with everything made anew. */
export async function resumableRun(folder: string, more: Partial<PolicyGradientOptions> = {}): Promise<TrainingResult> {
  const policy = tinyPolicy(1)
  const model = tinyPolicy(2, { valueHead: true })
  try {
    return await policyGradient({
      policy,
      task: tinyTask(defineReward('length', scaledLength)),
      credit: runningScale(gae()),
      shaping: [runningMean()],
      objective: clipped({ kl: { coefficient: 0.05, estimator: 'k3' } }),
      companions: [critic(model)],
      prompts: 2,
      groupSize: 4,
      steps: 7,
      maxTokens: 6,
      epochs: 2,
      evaluation: { prompts: tinyPrompts(2), every: 3 },
      checkpointEvery: 2,
      seed: 'resumable',
      folder,
      ...more,
    })
  } finally {
    await Promise.all([policy.close(), model.close()])
  }
}

/** The reward: the answer's length in units of the longest. */
export function scaledLength({ completion }: Sample): number {
  return completion.text.length / 6
}

/** Divides by the mean size of all advantages it has ever seen. */
export function runningScale(inner: Credit): Credit {
  let { sum, count } = { sum: 0, count: 0 }
  return {
    ...inner,
    name: 'runningScale',
    assign(groups, outputs, report) {
      const advantages = inner.assign(groups, outputs, report)
      for (const value of advantages.flat().flatMap((line) => [...line])) {
        sum += Math.abs(value)
        count++
      }
      report?.('scale', sum / count)
      return advantages.map((group) => group.map((line) => line.map((value) => (value * count) / sum)))
    },
    state: () => ({ sum, count }),
    restore(state) {
      const before = memory.parse(state)
      sum = before.sum
      count = before.count
    },
  }
}

/** Takes off the mean of all scores it has ever seen. */
function runningMean(): Shaping {
  let { sum, count } = { sum: 0, count: 0 }
  return {
    name: 'runningMean',
    shape: (groups) =>
      groups.map((group) => ({
        ...group,
        scores: group.scores.map((score) => {
          if (score.kind === 'unscored') return score
          sum += score.value
          count++
          return scored(score.value - sum / count)
        }),
      })),
    state: () => ({ sum, count }),
    restore(state) {
      const before = memory.parse(state)
      sum = before.sum
      count = before.count
    },
  }
}

/** Everything in a run's folder that must not depend on where it was broken off: names to contents. */
export function lasting(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
  return Object.fromEntries(
    files
      .map((path): [string, string] => [relative(folder, path), readFileSync(path).toString('latin1')])
      .filter(([name]) => !/^(config\.json|report\.html|events\.)/.test(name))
      .map(([name, bytes]) => [name, name.endsWith('.safetensors') ? bytes : timeless(bytes)]),
  )
}

/** Without what depends on the clock: `time` in metrics.jsonl, `seconds` in state.json. */
function timeless(text: string): string {
  return text.replaceAll(/,"time":\{[^}]*\}/g, '').replaceAll(/"seconds":[^,}]*/g, '')
}
