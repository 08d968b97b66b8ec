/** How this program was called, so that a command can be printed that works when it is copied. */
import { basename, extname, join, relative } from 'node:path'

/** The same command once more with --resume, `more` arguments added where they are not there yet. */
export function resumeCommand(more: readonly string[]): string {
  const args = process.argv.slice(2)
  const added = [...more, '--resume'].filter((each) => !args.includes(each))
  return `${programName()} ${[...args, ...added].map(quoted).join(' ')}`
}

/** `guerdon`, or what stands for it where it is run from its source or its build. */
export function programName(): string {
  if (extname(import.meta.url) === '.ts') {
    const root = join(import.meta.dirname, '..', '..')
    return `node ${quoted(relative(process.cwd(), join(root, 'scripts', 'run.mjs')))} src/cli/main.ts`
  }
  if (process.env.npm_command === 'exec') return 'npx guerdon'
  const called = process.argv[1]
  return basename(called) === 'guerdon' ? 'guerdon' : `node ${quoted(relative(process.cwd(), called))}`
}

/** As a shell reads it back. */
export function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
