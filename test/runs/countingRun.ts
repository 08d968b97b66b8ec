/**
 * A process that trains nothing but behaves as training does: `node countingRun.ts <folder> <steps>`. Every number it
 * writes comes from a random stream that travels in the checkpoint, so a run resumed wrongly would differ.
 */
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { z } from 'zod'
import { random, restoreRandom } from '../../src/data/random.ts'
import { openRun } from '../../src/runs/run.ts'
import { sampleGroup, sampleMetrics, tokenText } from './sampleRun.ts'

const stateSchema = z.object({ noise: z.tuple([z.number(), z.number(), z.number(), z.number()]), sum: z.number() })

if (import.meta.main) await count(process.argv[2], Number(process.argv[3]), console.log)

/** Runs to the end, from the latest checkpoint on, saying where it starts and when it saves. */
export async function count(folder: string, steps: number, say: (word: string) => void): Promise<void> {
  const run = await openRun(folder, { config: { steps }, seed: 5, resume: true })
  say(`from ${run.resumed?.step ?? 0}`)
  const state = run.resumed === undefined ? { noise: random(5).state(), sum: 0 } : stateSchema.parse(run.resumed.state)
  const noise = restoreRandom(state.noise)
  let sum = state.sum
  for (let step = (run.resumed?.step ?? 0) + 1; step <= steps; step++) {
    const { group, advantages } = sampleGroup(step, noise.int(0, 9), 3, 60)
    await run.rollouts(step, [group], [advantages], tokenText)
    const metrics = sampleMetrics(step, steps, noise)
    sum += metrics.reward
    await run.log(step, { ...metrics, sum }, { seconds: performance.now() / 1000 })
    if (step % 3 === 0) await run.checkpoint(step, { noise: noise.state(), sum }, (to) => slowly(to, step, say))
    await setTimeout(4)
  }
  await run.close()
}

/** Weights in several writes, so that a kill can find them half written. */
async function slowly(folder: string, step: number, say: (word: string) => void): Promise<void> {
  say(`saving ${step}`)
  const file = await open(join(folder, 'weights'), 'w')
  const block = weightsOf(step)
  for (let part = 0; part < 8; part++) {
    await file.writeFile(block)
    if (part % 3 === 0) await setTimeout(1)
  }
  await file.close()
}

/** One of the eight equal blocks of a step's weights. */
export function weightsOf(step: number): Uint8Array {
  return new Uint8Array(16384).fill(step % 251)
}
