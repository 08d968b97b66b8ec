/**
 * The module that a reward's threads or processes load. What it exports is said in its own address: a reward by its
 * `spec`, that of a `rubric` file, or the one that a user's `module` exports (`export`, or else its default, `reward`, or the first there is).
 */
import { rubricFile } from '../rewards/judged/rubricFile.ts'
import { check } from '../train/schema.ts'
import { offerOwnPackage } from './ownPackage.ts'
import { isReward, rewardChoice } from './rewardParts.ts'

const asked = new URL(import.meta.url).searchParams

const rubric = asked.get('rubric')

export default rubric === null
  ? await load(asked.get('spec'), asked.get('module') ?? '', asked.get('export'))
  : rubricFile(rubric)

async function load(spec: string | null, module: string, name: string | null): Promise<unknown> {
  if (spec !== null) {
    const read = check(rewardChoice, spec)
    if ('value' in read) return read.value
    throw new TypeError(read.problems.map(({ message }) => message).join('\n'))
  }
  offerOwnPackage()
  const exported: Readonly<Record<string, unknown>> = { ...(await import(module)) }
  const rewards = Object.keys(exported).filter((key) => isReward(Object(exported[key])))
  const chosen = name ?? ['default', 'reward', ...rewards].find((key) => rewards.includes(key))
  if (chosen !== undefined && rewards.includes(chosen)) return exported[chosen]
  const there = `it exports ${Object.keys(exported).join(', ') || 'nothing'}`
  throw new TypeError(
    chosen === undefined ? `there is no reward in it: ${there}` : `'${chosen}' is no reward: ${there}`,
  )
}
