/** Where the recipes are: recipes/NN-slug.ts beside src/, or dist/recipes/NN-slug.js in what is published. */
import { existsSync, globSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { GuerdonError } from '../data/error.ts'
import type { Recipe } from '../train/recipe.ts'

const source = extname(import.meta.url) === '.ts'
const folder = join(import.meta.dirname, ...(source ? ['..', '..'] : ['..']), 'recipes')

interface RecipeFile {
  readonly number: number
  readonly file: string
}

/** All recipe files by number. */
export function recipeFiles(): RecipeFile[] {
  return globSync(`[0-9]*-*${source ? '.ts' : '.js'}`, { cwd: folder })
    .filter((name) => !name.endsWith('.d.ts'))
    .map((name) => ({ number: Number.parseInt(basename(name), 10), file: join(folder, name) }))
    .sort((a, b) => a.number - b.number)
}

/** The comparisons there are, by name: recipes/compare/<name>. */
export function comparisonNames(): string[] {
  const kind = source ? '.ts' : '.js'
  return globSync(`*${kind}`, { cwd: join(folder, 'compare') })
    .filter((name) => !name.endsWith('.d.ts'))
    .map((name) => basename(name, kind))
    .sort()
}

/** The comparison of a name. Throws a GuerdonError where there is none. */
export async function loadComparison(name: string): Promise<Recipe> {
  const names = comparisonNames()
  if (!names.includes(name))
    throw new GuerdonError(`there is no comparison '${name}'`, { fix: `there are: ${names.join(', ') || 'none'}` })
  return loadRecipe(join(folder, 'compare', `${name}${source ? '.ts' : '.js'}`))
}

/** The recipe of a number, or the one that a file exports. Throws a GuerdonError where there is none. */
export async function loadRecipe(asked: string): Promise<Recipe> {
  const file = /^\d+$/.test(asked) ? fileOf(Number(asked)) : resolve(asked)
  if (!existsSync(file)) throw new GuerdonError('there is no such file', { where: asked })
  const { default: exported } = await import(pathToFileURL(file).href)
  if (isRecipe(exported)) return exported
  throw new GuerdonError('its default export is no recipe', {
    where: file,
    fix: 'export default recipe({ ... }) from guerdon/train',
  })
}

function fileOf(number: number): string {
  const files = recipeFiles()
  const found = files.find((each) => each.number === number)
  if (found !== undefined) return found.file
  throw new GuerdonError(`there is no recipe ${number}`, {
    fix: files.length === 0 ? 'none is installed' : `there are ${files.map((each) => each.number).join(', ')}`,
  })
}

function isRecipe(value: unknown): value is Recipe {
  return typeof value === 'object' && value !== null && 'arms' in value && 'prepare' in value && 'verdict' in value
}
