/** Our side of the training-step benchmark: the same commands, line by line, as bench/python/train_step.py. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Sequence } from '../src/data/rollout.ts'
import { type LocalPolicy, local } from '../src/policy/local/local.ts'

const commandSchema = z.discriminatedUnion('cmd', [
  z.object({
    cmd: z.literal('load'),
    folder: z.string(),
    threads: z.int(),
    memoryBudget: z.number().optional(),
    /** Rank of the adapters that learn in place of the model. */
    rank: z.int().optional(),
  }),
  z.object({ cmd: z.literal('save'), folder: z.string() }),
  z.object({ cmd: z.literal('data'), file: z.string(), batch: z.int(), length: z.int() }),
  z.object({ cmd: z.literal('steps'), n: z.int() }),
  z.object({ cmd: z.literal('quit') }),
])

const adam = { learningRate: 3e-4, beta1: 0.9, beta2: 0.95, weightDecay: 0.1, clipNorm: 1 }
let policy: LocalPolicy | undefined
let batches: Sequence[][] = []
let next = 0

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await obey(commandSchema.parse(JSON.parse(line)))
  if (answer === undefined) break
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit(0)

async function obey(command: z.infer<typeof commandSchema>): Promise<object | undefined> {
  switch (command.cmd) {
    case 'load': {
      const { folder, threads, memoryBudget, rank } = command
      policy = await local(folder, {
        threads,
        ...(memoryBudget === undefined ? {} : { memoryBudget }),
        ...(rank === undefined ? {} : { lora: { rank } }),
      })
      return { parameters: policy.weights().length, vocabulary: policy.config.vocabulary }
    }
    case 'save': {
      if (policy === undefined) throw new Error('load a model first')
      await policy.save(command.folder)
      return {}
    }
    case 'data': {
      const bytes = readFileSync(command.file)
      const ids = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
      const rows = Array.from({ length: ids.length / command.length }, (_, row): Sequence => {
        return { tokens: ids.slice(row * command.length, (row + 1) * command.length), promptLength: 1 }
      })
      batches = Array.from({ length: rows.length / command.batch }, (_, i) =>
        rows.slice(i * command.batch, (i + 1) * command.batch),
      )
      next = 0
      return { batches: batches.length }
    }
    case 'steps': {
      const losses: number[] = []
      const seconds: number[] = []
      for (let i = 0; i < command.n; i++) {
        const began = performance.now()
        losses.push(await step())
        seconds.push((performance.now() - began) / 1000)
      }
      return { losses, seconds, peakRss: process.resourceUsage().maxRSS * 1024 }
    }
    case 'quit':
      return undefined
  }
}

/** Mean cross-entropy of every next token, before the update. */
async function step(): Promise<number> {
  if (policy === undefined) throw new Error('load a model first')
  const batch = batches[next++ % batches.length]
  const tokens = batch.reduce((total, sequence) => total + sequence.tokens.length - 1, 0)
  const coefficients = batch.map((sequence) => ({
    logprobs: new Float32Array(sequence.tokens.length - 1).fill(-1 / tokens),
  }))
  const { logprobs } = await policy.backward(batch, coefficients)
  await policy.step(adam)
  return -logprobs.reduce((total, line) => total + line.reduce((sum, value) => sum + value, 0), 0) / tokens
}
