/**
 * A real instruct model that improves on a laptop's processor: GRPO with LoRA on SmolLM2-135M-Instruct, whose reward is
 * that the answer is one JSON object with exactly the keys that were asked for, and nothing else.
 *
 *   node examples/smollm2.ts --model SmolLM2-135M-Instruct.Q4_1.gguf
 *   node examples/smollm2.ts --model HuggingFaceTB/SmolLM2-135M-Instruct --data mine.jsonl
 *
 * A file of one's own has a JSON Schema beside each prompt: {"prompt": "...", "schema": {...}} a line.
 */
import { writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { grpo } from 'guerdon/credit'
import { type Prompt, random, userPrompt } from 'guerdon/data'
import { llamaCpp } from 'guerdon/judge'
import { clipped } from 'guerdon/objectives'
import { exportModel, local, memoryText } from 'guerdon/policy'
import { jsonSchema } from 'guerdon/rewards'
import { dataFile, heldOut, type Task } from 'guerdon/tasks'
import { type Evaluation, evaluate, policyGradient } from 'guerdon/train'

const { values: flags } = parseArgs({
  options: {
    model: {
      type: 'string',
      default: process.env.GUERDON_SMOLLM2 ?? join(homedir(), '.cache/guerdon/models/SmolLM2-135M-Instruct.Q4_1.gguf'),
    },
    data: { type: 'string' },
    steps: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    folder: { type: 'string', default: 'runs/smollm2' },
    resume: { type: 'boolean', default: false },
  },
})

const reward = jsonSchema({ place: 'whole' })
const maxTokens = 40

const things =
  `apple bear bell boat book bridge candle castle cat cello chair clock cloud coin cow desert dog door dragon drum
duck eagle engine fire fish flute forest fox frog garden ghost glacier goat guitar hammer harbour hat horse house island
jacket kettle key kite ladder lamp lemon lighthouse lion map mirror moon mountain mouse ocean orange owl piano pizza
planet pumpkin rabbit rain river robot rocket rose sheep ship shoe snow spider spoon star storm sun table tiger train
tree trumpet turtle umbrella violin volcano waterfall whale wheel wind window wolf`.split(/\s+/)
const keys = ['name', 'colour', 'sound', 'size', 'place', 'shape', 'weight', 'use', 'age', 'smell']

/** Prompts without end, each with the schema that its answer must fit. */
const objects: Task = {
  name: 'json objects',
  reward,
  *prompts(seed): Generator<Prompt> {
    const rng = random(`json objects ${seed}`)
    for (let i = 0; ; i++) {
      const thing = things[rng.int(0, things.length - 1)]
      const first = rng.int(0, keys.length - 1)
      const second = (first + rng.int(1, keys.length - 1)) % keys.length
      const asked = [keys[first], keys[second]]
      const text = `Give a JSON object with the keys "${asked[0]}" and "${asked[1]}" for a ${thing}. Answer with the JSON only.`
      const property = { type: 'string', minLength: 1 }
      const properties = Object.fromEntries(asked.map((key) => [key, property]))
      const schema = { type: 'object', properties, required: asked, additionalProperties: false }
      yield { ...userPrompt(`${seed}/${i}`, text), reference: schema }
    }
  },
}

const task =
  flags.data === undefined ? objects : dataFile(flags.data, { prompt: 'prompt', reference: 'schema', reward })
const [seed, steps] = [Number(flags.seed), Number(flags.steps)]
const split = await heldOut(task, { count: 64, seed: `${seed}/held out` })

const policy = await local(flags.model, { lora: { rank: 16, seed }, rows: 64 })
console.log(memoryText(policy.memory))
const examined = () =>
  evaluate({ policy, reward, prompts: split.heldOut, maxTokens, samples: 2, temperature: 1, seed: 'examined' })
const before = await examined()
console.log(`before: ${percent(before)} of ${2 * split.heldOut.length} answers to prompts never trained on fit`)

const controller = new AbortController()
process.once('SIGINT', () => controller.abort())
const run = await policyGradient({
  policy,
  task: split.training,
  credit: grpo(),
  objective: clipped({ low: 0.2, high: 0.28 }),
  prompts: 4,
  groupSize: 8,
  steps,
  maxTokens,
  adam: { learningRate: 2e-4, clipNorm: 1 },
  checkpointEvery: 5,
  seed,
  folder: flags.folder,
  resume: flags.resume,
  signal: controller.signal,
  onStep: ({ step, metrics }) =>
    console.log(
      `step ${step}/${steps}: reward ${metrics.reward?.toFixed(3)}, ${metrics.completionLength?.toFixed(1)} tokens`,
    ),
})
if (run.stopped === 'aborted') {
  console.log('stopped; go on with --resume')
  process.exit(130)
}
const after = await examined()
console.log(`after: ${percent(after)}`)

const adapter = join(flags.folder, 'adapter')
const gguf = join(flags.folder, 'smollm2-json.gguf')
await policy.save(adapter)
await policy.close()
await exportModel(adapter, gguf, { type: 'Q8_0' })
const shown = await inLlamaCpp(gguf, split.heldOut.slice(0, 4))
const result = { seed, steps, before: before.accuracy, after: after.accuracy, samples: samples(), llamaCpp: shown }
await writeFile(join(flags.folder, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`)
console.log(`report ${run.report}\nadapter ${adapter}\nllama.cpp runs ${gguf}:`)
for (const { prompt, answer } of shown) console.log(`  ${prompt}\n    ${answer}`)

function percent({ accuracy }: Evaluation): string {
  return `${(100 * accuracy).toFixed(1)} %`
}

/** The first answers to the first held-out prompts, before and after. */
function samples() {
  const text = ({ groups }: Evaluation, i: number) => groups[i].rollouts[0].sample.completion.text
  return split.heldOut.slice(0, 8).map((prompt, i) => {
    return { prompt: prompt.messages[0].content, before: text(before, i), after: text(after, i) }
  })
}

/** What llama.cpp says with the exported file, greedily. */
async function inLlamaCpp(modelPath: string, prompts: readonly Prompt[]) {
  const model = await llamaCpp({ modelPath })
  const answers: { prompt: string; answer: string }[] = []
  for (const { messages } of prompts) {
    const said = await model.ask({ messages, maxTokens })
    answers.push({ prompt: String(messages[0].content), answer: said.ok ? said.text : said.reason })
  }
  await model.close?.()
  return answers
}
