/** Our side of the GRPO benchmark: the policy-gradient loop, driven line by line as bench/python/grpo_step.py is. */
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { grpo } from '../src/credit/grpo.ts'
import { userPrompt } from '../src/data/message.ts'
import { clipped } from '../src/objectives/clipped.ts'
import { type LocalPolicy, localPolicy } from '../src/policy/local/local.ts'
import { openModel } from '../src/policy/local/openModel.ts'
import { defineReward } from '../src/rewards/reward.ts'
import type { Task } from '../src/tasks/task.ts'
import { policyGradient } from '../src/train/policyGradient.ts'

const loadSchema = z.object({
  cmd: z.literal('load'),
  folder: z.string(),
  /** A JSON file: a list of texts. */
  file: z.string(),
  prompts: z.int(),
  samples: z.int(),
  tokens: z.int(),
  threads: z.int(),
})
const commandSchema = z.discriminatedUnion('cmd', [
  loadSchema,
  z.object({ cmd: z.literal('logprobs'), texts: z.array(z.string()), answers: z.array(z.array(z.int())) }),
  z.object({ cmd: z.literal('steps'), n: z.int() }),
  z.object({ cmd: z.literal('quit') }),
])

let loaded: { policy: LocalPolicy; task: Task; asked: z.infer<typeof loadSchema> } | undefined
let calls = 0

const shareOfA = defineReward('share of the letter a', ({ completion: { text } }) => {
  const letters = [...text]
  return letters.filter((letter) => letter === 'a').length / Math.max(1, letters.length)
})

for await (const line of createInterface({ input: process.stdin })) {
  const command = commandSchema.parse(JSON.parse(line))
  if (command.cmd === 'quit') break
  process.stdout.write(`${JSON.stringify(await obey(command))}\n`)
}
process.exit(0)

async function obey(command: Exclude<z.infer<typeof commandSchema>, { cmd: 'quit' }>): Promise<object> {
  switch (command.cmd) {
    case 'load':
      return load(command)
    case 'logprobs':
      return { logprobs: await logprobs(command.texts, command.answers) }
    case 'steps':
      return steps(command.n)
  }
}

async function load(asked: z.infer<typeof loadSchema>): Promise<object> {
  const { config, values, tokenizer } = await openModel(asked.folder)
  // No token has this id: the end is a token like any other, and every answer has all its tokens.
  const policy = localPolicy(config, values, { ...tokenizer, endId: -1 }, { threads: asked.threads })
  const texts = z.array(z.string()).parse(JSON.parse(readFileSync(asked.file, 'utf8')))
  const task: Task = {
    name: 'letters',
    reward: shareOfA,
    *prompts(seed) {
      for (const [i, text] of texts.entries()) yield userPrompt(`${seed}/${i}`, text)
    },
  }
  loaded = { policy, task, asked }
  return { parameters: values.length }
}

/** log p of the answers' tokens. */
async function logprobs(texts: readonly string[], answers: readonly (readonly number[])[]): Promise<number[][]> {
  if (loaded === undefined) throw new Error('load a model first')
  const { policy } = loaded
  const sequences = texts.map((text, i) => {
    const prompt = policy.tokenizer.encode(text)
    return { tokens: Int32Array.of(...prompt, ...answers[i]), promptLength: prompt.length }
  })
  const readouts = await policy.forward(sequences, ['logprobs'])
  return readouts.map((readout) => [...(readout.logprobs ?? [])])
}

/** So many steps of the loop, all that it does: sampling, rewards, advantages, one update. `lengths`: mean of each step. */
async function steps(n: number): Promise<object> {
  if (loaded === undefined) throw new Error('load a model first')
  const { policy, task, asked } = loaded
  const began = performance.now()
  const { history } = await policyGradient({
    ...{ policy, task, credit: grpo(), objective: clipped(), prompts: asked.prompts, groupSize: asked.samples },
    ...{ steps: n, maxTokens: asked.tokens, seed: calls++, folder: false },
    adam: { learningRate: 3e-4, clipNorm: 1 },
  })
  const seconds = (performance.now() - began) / 1000
  const lengths = history.map(({ metrics }) => metrics.completionLength)
  return { seconds, lengths, peakRss: process.resourceUsage().maxRSS * 1024 }
}
