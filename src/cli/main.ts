#!/usr/bin/env node
/** The command `guerdon`: its commands, their exit codes, and what is printed where one fails. */
import { Command, CommanderError } from 'commander'
import { guerdonVersion } from '../runs/runConfig.ts'
import { type ExitCode, exitCodes, fail } from './ending.ts'
import { addEval } from './evaluate.ts'
import { offerOwnPackage } from './ownPackage.ts'
import { addRecipe } from './recipe.ts'
import { addSample } from './sample.ts'
import { addScore } from './score.ts'
import { addTrain } from './train.ts'

offerOwnPackage()
// The reader of a pipe may leave before all is said.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.ok)
})
await main()

async function main(): Promise<void> {
  const program = new Command('guerdon')
    .description('The reward toolkit: score answers, train on a reward, put a paper to the test.')
    .version(await guerdonVersion())
    .exitOverride()
    .helpCommand(false)
  const run = async (code: Promise<ExitCode>) => {
    process.exitCode = await code
  }
  addTrain(program, run)
  addEval(program, run)
  addSample(program, run)
  addScore(program, run)
  addRecipe(program, run)
  try {
    if (process.argv.length === 2) program.outputHelp()
    else await program.parseAsync()
  } catch (thrown) {
    // Commander has printed what was wrong with the arguments, or the help that was asked for.
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? exitCodes.ok : exitCodes.wrongInput
    else process.exitCode = fail(thrown)
  }
}
