/** Values through a shaping. */
import type { Group } from '../../src/data/rollout.ts'
import type { Shaping } from '../../src/shaping/shaping.ts'

/** The values of each group after the shaping, Unscored as null. */
export function valuesAfter(shaping: Shaping, groups: readonly Group[]): (number | null)[][] {
  return shaping
    .shape(groups)
    .map(({ scores }) => scores.map((score) => (score.kind === 'scored' ? score.value : null)))
}

/** The group under a prompt with these notes. */
export function withMeta(group: Group, meta: NonNullable<Group['prompt']['meta']>): Group {
  return { ...group, prompt: { ...group.prompt, meta } }
}
