/** Whether another device computes what the processor computes: asked once, before its numbers are trusted. */
import { GuerdonError } from '../../data/error.ts'
import type { Sequence } from '../../data/rollout.ts'
import { microbatches } from './microbatch.ts'
import { type Engine, localPrograms } from './programs.ts'
import type { Snapshot } from './weights.ts'

/** Log-probs may differ by this much: what half precision inside a product makes of them. */
const tolerance = 1e-2

/**
 * Reads the same few tokens on the processor and on the device. Throws a GuerdonError where any log-prob differs by more
 * than 0.01, or where the device is not there.
 */
export async function checkDevice(snapshot: Snapshot, engine: Engine): Promise<void> {
  const { vocabulary, context } = snapshot.config
  const length = Math.min(16, context)
  const tokens = Int32Array.from({ length }, (_, i) => (i * 7919 + 1) % vocabulary)
  const sequence: Sequence = { tokens, promptLength: 1 }
  const [expected, found] = [await read({ ...engine, device: 'cpu' }), await read(engine)]
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0)
  if (!(worst <= tolerance))
    throw new GuerdonError(
      `the device '${engine.device}' computes other numbers than the processor: log-probs differ by up to ${worst}`,
      { fix: 'leave --device out; its driver, or ONNX Runtime on it, is at fault' },
    )

  async function read(on: Engine): Promise<Float32Array> {
    const programs = localPrograms(snapshot, on)
    try {
      const [piece] = microbatches([sequence], () => 1, snapshot.config, { bytes: Infinity, tokens: Infinity })
      const { logprobs } = await programs.forward(['logprobs'], 1)(snapshot, piece)
      return Float32Array.from(logprobs.data, Number)
    } finally {
      await programs.close()
    }
  }
}
