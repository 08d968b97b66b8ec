/** `guerdon recipe`: a paper's claim put to the test. */
import { join } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { extraMeans, type Recipe, type RecipeResult, runRecipe } from '../train/recipe.ts'
import type { DefineCommand } from './commands.ts'
import { type ExitCode, exitCodes, input } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { programName } from './invocation.ts'
import { wholeNumber } from './options.ts'
import { duration, eta, progress } from './progress.ts'
import { comparisonNames, loadComparison, loadRecipe, recipeFiles } from './recipes.ts'
import { figure, percent, table } from './table.ts'

interface RecipeOptions {
  readonly seeds?: readonly number[]
  readonly folder?: string
  readonly json?: boolean
}

export const define: DefineCommand = (command, run) => {
  command
    .description(
      "Runs one paper's method beside the baselines it is compared with, on the same data, budget and seeds; prints " +
        "each arm's mean and spread over seeds and whether the claim held here; writes a report. `guerdon recipe 11` " +
        'is short for `guerdon recipe run 11`. An interrupted call goes on where it was: give the same command again.',
    )
    .addHelpText(
      'after',
      `
Examples:
  guerdon recipe list
  guerdon recipe 11
  guerdon recipe run 16 --seeds 1000-1004 --folder runs/bnpo --json
  guerdon recipe compare credit`,
    )
  command
    .command('list')
    .description('The recipes there are.')
    .action(() => run(list()))
  command
    .command('run', { isDefault: true })
    .description('Runs a recipe.')
    .argument('[recipe]', 'its number, or a file that exports one; without it, the list')
    .option('--seeds <seeds>', 'other seeds than its own: 1000-1004, or 1,2,5', seedList)
    .option('--folder <dir>', 'where results and report go (default: runs/recipe-NN)')
    .option('--json', 'print one line of JSON instead of the table')
    .action((asked: string | undefined, options: RecipeOptions) =>
      run(asked === undefined ? list() : runOne(() => loadRecipe(asked), options)),
    )
  command
    .command('compare')
    .description('Runs the methods of many papers on one task: one table, one report.')
    .argument('<what>', comparisonNames().join(' or '))
    .option('--seeds <seeds>', 'other seeds than its own: 1000-1004, or 1,2,5', seedList)
    .option('--folder <dir>', 'where results and report go (default: runs/compare-<what>)')
    .option('--json', 'print one line of JSON instead of the table')
    .action((what: string, options: RecipeOptions) =>
      run(
        runOne(() => loadComparison(what), { ...options, folder: options.folder ?? join('runs', `compare-${what}`) }),
      ),
    )
}

function seedList(text: string): number[] {
  const seeds = text.split(',').flatMap((part) => {
    const range = /^(\d+)-(\d+)$/.exec(part.trim())
    if (range === null) return wholeNumber()(part.trim())
    const [first, last] = [Number(range[1]), Number(range[2])]
    if (last < first || last - first >= 10_000) throw new InvalidArgumentError(`${part} is no range of seeds.`)
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
  })
  return [...new Set(seeds)]
}

async function list(): Promise<ExitCode> {
  const recipes = await Promise.all(recipeFiles().map(({ file }) => loadRecipe(file)))
  const rows = recipes.map(({ number = '', title, paper }) => [`${number}  ${title}`, paper])
  process.stdout.write(`${rows.length === 0 ? 'no recipes are installed' : table([['recipe', 'paper'], ...rows])}\n`)
  return exitCodes.ok
}

async function runOne(load: () => Promise<Recipe>, { seeds, folder, json }: RecipeOptions): Promise<ExitCode> {
  const recipe = await input(load)
  const { number } = recipe
  const place = folder ?? join('runs', `recipe-${String(number ?? 0).padStart(2, '0')}`)
  const bar = progress()
  using interrupt = onInterrupt(bar.note, 'finishing the run at hand, which is kept')
  bar.note(
    `${number === undefined ? 'comparison' : `recipe ${number}`}: ${recipe.title}, ${Object.keys(recipe.arms).length} arms × ${(seeds ?? recipe.seeds).length} seeds → ${place}`,
  )
  const result = await runRecipe(recipe, {
    folder: place,
    ...(seeds === undefined ? {} : { seeds }),
    signal: interrupt.signal,
    onProgress: progressLines(bar.show),
  })
  bar.done()
  process.stdout.write(`${json ? resultJson(result) : resultText(recipe, result)}\n`)
  if (result.complete) return exitCodes.ok
  bar.note(`go on with: ${programName()} ${process.argv.slice(2).join(' ')}`)
  return exitCodes.interrupted
}

/** One line for each run as it begins: what is done, and what is being made. */
function progressLines(show: (line: string) => void): Parameters<typeof runRecipe>[1]['onProgress'] {
  const began = performance.now()
  let before: number | undefined
  return ({ arm, seed, done, of }) => {
    // Runs of an earlier call took no time of this one.
    before ??= done
    const seconds = (performance.now() - began) / 1000
    const rest = eta(done - before, of - before, seconds)
    show([`${done} of ${of} runs`, `seed ${seed}: ${arm}`, rest].filter((part) => part !== '').join(' · '))
  }
}

function resultText(recipe: Recipe, { arms, claim, holds, because, report, seconds, complete }: RecipeResult): string {
  const write = recipe.format === 'share' ? percent : figure
  const list = Object.values(arms)
  const means = list.map((arm) => extraMeans(arm.runs))
  const extras = [...new Set(means.flatMap((each) => Object.keys(each)))]
  const rows = list.map((arm, i) => [
    ...[arm.name, write(arm.mean), write(arm.sd), String(arm.n)],
    ...extras.map((name) => figure(means[i][name] ?? Number.NaN)),
  ])
  const verdict = { yes: 'holds here', no: 'does not hold here', mixed: complete ? 'mixed' : 'not finished' }[holds]
  return [
    `${recipe.measure}:`,
    table([['arm', 'mean', 'sd', 'n', ...extras], ...rows]),
    '',
    `claim: ${claim}`,
    `${verdict}: ${because}`,
    `report: ${report} (${duration(seconds)})`,
  ].join('\n')
}

function resultJson({ recipe, arms, claim, holds, because, seconds, report, complete }: RecipeResult): string {
  const numbers = Object.values(arms).map(({ name, mean, sd, n }) => [name, { mean, sd, n }] as const)
  return JSON.stringify({ recipe, arms: Object.fromEntries(numbers), claim, holds, because, seconds, report, complete })
}
