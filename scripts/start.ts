/** `npm start [command ...]`: the command line of this checkout; without a command, what there is to choose from. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

if (process.argv.length === 2) process.argv.push('--help')
if (existsSync(main)) await import(pathToFileURL(main).href)
else console.log('Guerdon has no command line yet. Its rooms can be imported: see README.md.')
