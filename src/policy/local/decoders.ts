/** An engine's decode programs, compiled when they are first needed: which of them a call decodes with. */
import { isSmall } from '../../nn/parameters.ts'
import { type DecodeProgram, decodeProgram, type SamplingWeights } from './decodeProgram.ts'
import type { Engine } from './programs.ts'
import type { RowRequest } from './rows.ts'
import type { Snapshot } from './weights.ts'

export interface Decoders {
  /** @param generation counts the weights: a program whose constants are another generation's is not used */
  of(snapshot: Snapshot, generation: number, requests: readonly RowRequest[]): Promise<DecodeProgram>
  /** Frees what holds weights that are no more. */
  forget(): Promise<void>
  close(): Promise<void>
}

export function openDecoders(engine: Engine, kept: SamplingWeights): Decoders {
  let fixed: { readonly generation: number; readonly program: Promise<DecodeProgram> } | undefined
  let moving: Promise<DecodeProgram> | undefined
  const forget = async () => {
    const old = fixed
    fixed = undefined
    await (await old?.program)?.close()
  }
  return {
    async of(snapshot, generation, requests) {
      if (kept === 'float32' && snapshot.lora === undefined && isBrief(snapshot, requests))
        return (moving ??= decodeProgram(snapshot, engine, kept, 'inputs'))
      if (fixed?.generation !== generation) {
        await forget()
        fixed = { generation, program: decodeProgram(snapshot, engine, kept, 'constants') }
      }
      return fixed.program
    },
    forget,
    async close() {
      await forget()
      await (await moving)?.close()
      moving = undefined
    },
  }
}

/**
 * Whether the answers are too short for constants to pay: of a nano model, compiling takes as long as giving 16 rows or
 * more the weights anew for a hundred tokens. It depends on the call alone, so that a resumed run decodes as before.
 */
function isBrief({ plan }: Snapshot, requests: readonly RowRequest[]): boolean {
  const rows = requests.reduce((sum, { indices }) => sum + indices.length, 0)
  return isSmall(plan) && rows >= 16 && requests.every(({ maxTokens }) => maxTokens <= 64)
}
