/** Our side of the sampling benchmarks, driven line by line: greedy completions of given token ids. */
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { userPrompt } from '../src/data/message.ts'
import { type LocalPolicy, local } from '../src/policy/local/local.ts'

const commandSchema = z.discriminatedUnion('cmd', [
  z.object({
    cmd: z.literal('load'),
    model: z.string(),
    threads: z.int(),
    sampling: z.enum(['float32', 'int8']).default('float32'),
  }),
  z.object({ cmd: z.literal('generate'), prompts: z.array(z.string()), tokens: z.int() }),
  z.object({ cmd: z.literal('quit') }),
])

let policy: LocalPolicy | undefined

for await (const line of createInterface({ input: process.stdin })) {
  const command = commandSchema.parse(JSON.parse(line))
  if (command.cmd === 'quit') break
  if (command.cmd === 'load') {
    const { model, threads, sampling } = command
    policy = await local(model, { threads, sampling })
    answer({ parameters: policy.weights().length })
  } else answer(await generate(command.prompts, command.tokens))
}
process.exit(0)

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** One completion a prompt; the prompts are what the model reads, without a chat template around them. */
async function generate(prompts: readonly string[], tokens: number) {
  if (policy === undefined) throw new Error('load a model first')
  const requests = prompts.map((text, i) => ({
    prompt: userPrompt(`${i}`, text),
    count: 1,
    maxTokens: tokens,
    temperature: 0,
    seed: i,
  }))
  const ids: number[][] = []
  const read: number[][] = []
  const began = performance.now()
  for await (const { request, rollout } of policy.sample(requests)) {
    const { sequence } = rollout
    read[request] = [...sequence.tokens.subarray(0, sequence.promptLength)]
    ids[request] = [...sequence.tokens.subarray(sequence.promptLength)]
  }
  return { seconds: (performance.now() - began) / 1000, prompts: read, ids }
}
