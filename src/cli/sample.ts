/** `guerdon sample`: answers of a model. */

import { readRows } from '../data/dataRows.ts'
import { GuerdonError } from '../data/error.ts'
import { type Prompt, textOf, userPrompt } from '../data/message.ts'
import type { Device } from '../graph/device.ts'
import type { SampledCompletion } from '../policy/policy.ts'
import type { DefineCommand } from './commands.ts'
import { dataColumns, promptOf } from './dataColumns.ts'
import { type ExitCode, input } from './ending.ts'
import { localModel } from './openPolicy.ts'
import { deviceOf, deviceOption, numberAbove, seedOf, wholeNumber } from './options.ts'
import { withPolicy } from './withPolicy.ts'

interface SampleOptions {
  readonly prompt?: string
  readonly prompts?: string
  readonly promptColumn: string
  readonly count: number
  readonly temperature: number
  readonly topK?: number
  readonly topP?: number
  readonly maxTokens: number
  readonly stop?: readonly string[]
  readonly seed: number | string
  readonly device?: Device
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description('Lets a model answer a prompt, or each prompt of a file. The same seed gives the same answers.')
    .argument(
      '<model>',
      "a model's folder, a .gguf file, a name on the hub, or the folder of a run: its last checkpoint",
    )
    .option('-p, --prompt <text>', 'the prompt')
    .option('--prompts <file>', 'prompts of a data file: .jsonl, .jsonl.gz or .parquet')
    .option('--prompt-column <column>', 'column of the prompt in that file', 'prompt')
    .option('-n, --count <n>', 'answers a prompt', wholeNumber(1), 1)
    .option('-t, --temperature <t>', '0 takes the most likely token each time', numberAbove({ zero: true }), 1)
    .option('--top-k <k>', 'keep only the k most likely tokens', wholeNumber(1))
    .option('--top-p <p>', 'keep the most likely tokens up to this probability', numberAbove({ most: 1 }))
    .option('--max-tokens <n>', 'most tokens of an answer', wholeNumber(1), 64)
    .option('--stop <text>', 'ends an answer; may be repeated', (text: string, before: readonly string[] = []) => [
      ...before,
      text,
    ])
    .option('--seed <seed>', 'seed of the answers', seedOf, 1)
    .addOption(deviceOption())
    .option('--json', 'print one line of JSON')
    .addHelpText(
      'after',
      `
Examples:
  guerdon sample runs/addition-grpo --prompt '12+34='
  guerdon sample models/small --prompt 'Once upon a time' --count 4 --temperature 0.8 --max-tokens 100 --stop '\\n\\n'
  guerdon sample SmolLM2-135M-Instruct.Q4_1.gguf --prompt 'What is the capital of France?' --temperature 0
  guerdon sample models/small --prompts questions.jsonl --prompt-column question --json`,
    )
    .action((model: string, options: SampleOptions) => run(sample(model, options)))
}

async function sample(model: string, options: SampleOptions): Promise<ExitCode> {
  const prompts = await input(() => promptsOf(options))
  const policy = await input(() => localModel(model, deviceOf(options)))
  const { count, temperature, topK, topP, maxTokens, seed } = options
  const sampling = {
    ...{ count, temperature, maxTokens, stop: (options.stop ?? []).map(unescaped) },
    ...(topK === undefined ? {} : { topK }),
    ...(topP === undefined ? {} : { topP }),
  }
  const requests = prompts.map((prompt, i) => ({ ...sampling, prompt, seed: `${seed}/${i}` }))
  return withPolicy(policy, async (bar, signal) => {
    const answers: SampledCompletion[][] = prompts.map(() => [])
    let done = 0
    for await (const answer of policy.sample(requests, signal)) {
      answers[answer.request][answer.index] = answer
      bar.show(`${++done} of ${prompts.length * count} answers`)
    }
    bar.done()
    const all = answers.flat()
    process.stdout.write(
      options.json ? `${json(prompts, all)}\n` : all.map((answer) => text(prompts, answer)).join('\n'),
    )
  })
}

async function promptsOf({ prompt, prompts: file, promptColumn }: SampleOptions): Promise<Prompt[]> {
  if ((prompt === undefined) === (file === undefined))
    throw new GuerdonError('name either --prompt or --prompts', { fix: "--prompt 'text', or --prompts file.jsonl" })
  if (prompt !== undefined) return [userPrompt('prompt', prompt)]
  const found: Prompt[] = []
  for await (const { row, value } of readRows(file ?? '')) {
    const columns = dataColumns({ prompt: promptColumn, completion: '' }, value, `${file}:${row}`)
    const read = promptOf(value, row, columns)
    if (typeof read === 'string') throw new GuerdonError(read, { where: `${file}:${row}` })
    found.push(read)
  }
  return found
}

/** Line ends are hard to write in a shell: \n and \t stand for them. */
function unescaped(text: string): string {
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t')
}

const asked = ({ messages }: Prompt) => textOf(messages[messages.length - 1].content)

function text(prompts: readonly Prompt[], { request, completion }: SampledCompletion): string {
  const cut = completion.finish === 'length' ? ' …' : ''
  // With one prompt the answers alone are wanted.
  return prompts.length === 1
    ? `${completion.text}${cut}\n`
    : `> ${asked(prompts[request])}\n${completion.text}${cut}\n`
}

function json(prompts: readonly Prompt[], answers: readonly SampledCompletion[]): string {
  return JSON.stringify({
    completions: answers.map(({ request, index, completion, rollout }) => ({
      prompt: prompts[request].id,
      text: completion.text,
      finish: completion.finish,
      index,
      tokens: rollout.logprobs.length,
      logprob: rollout.logprobs.reduce((total, value) => total + value, 0),
    })),
  })
}
