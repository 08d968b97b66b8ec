#!/usr/bin/env node
/** The command `guerdon`: its commands, their exit codes, and what is printed where one fails. */
import { Command, CommanderError } from 'commander'
import { guerdonVersion } from '../runs/runConfig.ts'
import { commands } from './commands.ts'
import { type ExitCode, exitCodes, fail } from './ending.ts'
import { offerOwnPackage } from './ownPackage.ts'

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
  const run = async (code: Promise<ExitCode>) => {
    process.exitCode = await code
  }
  const [first, second] = process.argv.slice(2)
  try {
    for (const { name, summary, load } of commands) {
      const command = program.command(name).summary(summary)
      if (name === (first === 'help' ? second : first)) (await load()).define(command, run)
    }
    if (first === undefined) program.outputHelp()
    else await program.parseAsync()
  } catch (thrown) {
    // Commander has printed what was wrong with the arguments, or the help that was asked for.
    if (thrown instanceof CommanderError) process.exitCode = thrown.exitCode === 0 ? exitCodes.ok : exitCodes.wrongInput
    else process.exitCode = fail(thrown)
  }
}
