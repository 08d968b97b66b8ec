/** The peer of the SmolLM2 benchmark: llama.cpp through node-llama-cpp, driven line by line as bench/sampleSide.ts is. */
import { createInterface } from 'node:readline'
import { getLlama, type LlamaContextSequence, LlamaLogLevel, type LlamaModel, type Token } from 'node-llama-cpp'
import { z } from 'zod'

const commandSchema = z.discriminatedUnion('cmd', [
  z.object({ cmd: z.literal('load'), model: z.string(), threads: z.int() }),
  z.object({ cmd: z.literal('generate'), prompts: z.array(z.array(z.int())), tokens: z.int() }),
  z.object({ cmd: z.literal('quit') }),
])

let model: LlamaModel | undefined
let threads = 1

for await (const line of createInterface({ input: process.stdin })) {
  const command = commandSchema.parse(JSON.parse(line))
  if (command.cmd === 'quit') break
  if (command.cmd === 'load') {
    threads = command.threads
    const llama = await getLlama({ build: 'never', gpu: false, logLevel: LlamaLogLevel.error, maxThreads: threads })
    model = await llama.loadModel({ modelPath: command.model })
    answer({ parameters: model.size })
  } else answer(await generate(command.prompts, command.tokens))
}
process.exit(0)

function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

/** Greedy tokens of all prompts, one sequence each, evaluated together: llama.cpp batches what waits. */
async function generate(prompts: readonly (readonly number[])[], tokens: number) {
  if (model === undefined) throw new Error('load a model first')
  const longest = Math.max(...prompts.map(({ length }) => length)) + tokens
  const context = await model.createContext({
    contextSize: longest,
    sequences: prompts.length,
    threads,
    batchSize: Math.max(512, prompts.length),
  })
  const sequences = prompts.map(() => context.getSequence())
  const began = performance.now()
  const ids = await Promise.all(sequences.map((sequence, i) => continued(sequence, prompts[i], tokens)))
  const seconds = (performance.now() - began) / 1000
  await context.dispose()
  return { seconds, ids }
}

async function continued(sequence: LlamaContextSequence, prompt: readonly number[], count: number): Promise<Token[]> {
  const drawn: Token[] = []
  // An id is a branded number in node-llama-cpp's types; these came from a tokenizer of the same vocabulary.
  for await (const token of sequence.evaluate(prompt as Token[], { temperature: 0, yieldEogToken: true })) {
    drawn.push(token)
    if (drawn.length === count) break
  }
  return drawn
}
