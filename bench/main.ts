/** `npm run bench [-- name ...] [--anyway]`: speed and memory, measured beside the peers where they are installed. */
import { bleuBench } from './bleu.ts'
import { creditBench } from './credit.ts'
import { dpoBench } from './dpo.ts'
import { growthBench } from './growth.ts'
import { grpoBench } from './grpo.ts'
import { llamaBench } from './llama.ts'
import { loraBench } from './lora.ts'
import { mathBench } from './math.ts'
import { profileBench } from './profile.ts'
import { samplingBench } from './sampling.ts'
import { sandboxBench } from './sandbox.ts'
import { serverBench } from './server.ts'
import { trainingBench } from './training.ts'

const benches: Readonly<
  Record<string, { readonly title: string; readonly run: (anyway: boolean) => Promise<string> }>
> = {
  training: { title: 'A training step against PyTorch', run: trainingBench },
  dpo: { title: "A DPO step against TRL's DPOTrainer", run: dpoBench },
  grpo: { title: "A GRPO step against TRL's GRPOTrainer", run: grpoBench },
  lora: { title: 'A LoRA step of SmolLM2-135M against PEFT', run: loraBench },
  profile: { title: 'Where a training step goes', run: profileBench },
  sampling: { title: 'Sampling against transformers', run: samplingBench },
  llama: { title: 'SmolLM2-135M against llama.cpp', run: llamaBench },
  math: { title: 'Mathematics against Math-Verify', run: mathBench },
  sandbox: { title: 'Programs in the sandbox against plain subprocesses', run: sandboxBench },
  bleu: { title: 'BLEU against sacreBLEU', run: bleuBench },
  server: { title: 'A reward over HTTP against FastAPI', run: serverBench },
  credit: { title: 'Credit for verifiable rewards', run: creditBench },
  growth: { title: 'Growth with parameters, batch, length and group size', run: growthBench },
}

const anyway = process.argv.includes('--anyway')
const asked = process.argv.slice(2).filter((argument) => argument !== '--anyway')
const unknown = asked.find((name) => benches[name] === undefined)
if (unknown !== undefined) {
  process.stderr.write(`there is no benchmark '${unknown}'; there are: ${Object.keys(benches).join(', ')}\n`)
  process.exit(2)
}
for (const name of asked.length > 0 ? asked : Object.keys(benches)) {
  const { title, run } = benches[name]
  process.stderr.write(`${name} ...\n`)
  process.stdout.write(`## ${title}\n\n${await run(anyway)}\n\n`)
}
