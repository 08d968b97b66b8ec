/** `npm run bench [-- name ...] [--anyway]`: speed and memory, measured beside the peers where they are installed. */
import { growthBench } from './growth.ts'
import { profileBench } from './profile.ts'
import { trainingBench } from './training.ts'

const benches: Readonly<
  Record<string, { readonly title: string; readonly run: (anyway: boolean) => Promise<string> }>
> = {
  training: { title: 'A training step against PyTorch', run: trainingBench },
  profile: { title: 'Where a training step goes', run: profileBench },
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
