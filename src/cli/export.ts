/** `guerdon export`: a model as a GGUF file or a Hugging Face folder. */
import { GuerdonError } from '../data/error.ts'
import type { GgufWrittenType } from '../data/ggufWriter.ts'
import { exportModel } from '../policy/local/exportModel.ts'
import type { DefineCommand } from './commands.ts'
import { type ExitCode, exitCodes, input } from './ending.ts'
import { downloadLine, modelPath } from './openPolicy.ts'
import { progress } from './progress.ts'

const types: Readonly<Record<string, GgufWrittenType>> = { f32: 'F32', f16: 'F16', bf16: 'BF16', q8_0: 'Q8_0' }

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Writes a model for other programs: a GGUF file, which llama.cpp, Ollama and LM Studio run, or a Hugging Face folder. Adapters are worked in.',
    )
    .argument(
      '<model>',
      "a model's folder, an adapter's folder, a .gguf file, a name on the hub, or the folder of a run",
    )
    .argument('<to>', 'a file that ends in .gguf, or a folder')
    .option(
      '--type <type>',
      'how weights are written: f32, f16, bf16, or q8_0 (GGUF); default f16 in GGUF, f32 in a folder',
    )
    .addHelpText(
      'after',
      `
Examples:
  guerdon export runs/addition-grpo addition.gguf --type q8_0
  guerdon export SmolLM2-135M-Instruct.Q4_1.gguf models/smollm2`,
    )
    .action((model: string, to: string, options: { readonly type?: string }) => run(exported(model, to, options.type)))
}

async function exported(model: string, to: string, named: string | undefined): Promise<ExitCode> {
  const type = named === undefined ? {} : { type: await input(() => typeOf(named)) }
  const from = await input(() => modelPath(model))
  const bar = progress()
  try {
    await input(() => exportModel(from, to, { ...type, onDownload: downloadLine(bar) }))
  } finally {
    bar.done()
  }
  process.stdout.write(`${to}\n`)
  return exitCodes.ok
}

function typeOf(named: string): GgufWrittenType {
  const type = types[named.toLowerCase()]
  if (type !== undefined) return type
  throw new GuerdonError(`--type: '${named}' is not known`, { fix: `choose ${Object.keys(types).join(', ')}` })
}
