/** What every arm's credit says of the same answers, token by token. */
import type { Group } from 'guerdon/data'
import { copyOf, type LocalPolicy } from 'guerdon/policy'
import type { TokenPicture } from 'guerdon/runs'
import { collect, gatherReadouts } from 'guerdon/train'
import type { Budget, MakeParts, Start } from './creditArm.ts'

const batches = 15
const shown = 4

/**
 * Answers of the starting policy to some prompts; companions have learned from earlier batches of it. A picture each for some right
 * and wrong answers of groups that have both.
 */
export async function creditPictures(
  arms: Readonly<Record<string, MakeParts>>,
  budget: Budget,
  start: Start,
  seed: number,
): Promise<readonly TokenPicture[]> {
  const policy = copyOf(start.model)
  const models: LocalPolicy[] = [policy]
  const reference = start.model.freeze()
  const prompts = start.heldOut.slice(0, budget.prompts)
  const sampled = (n: number) =>
    collect(prompts, {
      policy,
      reward: start.task.reward,
      groupSize: budget.groupSize,
      sampling: { maxTokens: budget.maxTokens, seed: `${seed}/pictures/${n}` },
      stepSeparator: budget.stepSeparator,
    })
  try {
    const lessons: Group[][] = []
    for (let n = 1; n <= batches; n++) lessons.push(await sampled(n))
    const groups = await sampled(0)
    const credited: { name: string; advantages: Float32Array[][] }[] = []
    for (const [name, make] of Object.entries(arms)) {
      const copy = (options: { readonly valueHead?: boolean } = {}) => {
        const model = copyOf(start.model, { ...options, seed })
        models.push(model)
        return model
      }
      const { credit, shaping = [], companions = [] } = await make(copy, start, seed)
      const read = async (of: readonly Group[]) => {
        const sequences = of.flatMap(({ rollouts }) => rollouts.map(({ sequence }) => sequence))
        const influence = credit.influence?.(of)
        const flat = await gatherReadouts({ policy, companions, reference }, sequences, credit.needs, { influence })
        let at = 0
        return of.map(({ rollouts }) => flat.slice(at, (at += rollouts.length)))
      }
      const shaped = (of: readonly Group[]) => shaping.reduce((all, each) => each.shape(all), of)
      if (companions.length > 0)
        for (const lesson of lessons.map(shaped)) {
          const outputs = await read(lesson)
          for (const companion of companions) await companion.learn({ groups: lesson, outputs, advantages: [] })
        }
      const judged = shaped(groups)
      credited.push({ name, advantages: credit.assign(judged, await read(judged)) })
    }
    return chosen(groups).map(({ g, i, value }) => {
      const { sequence, sample } = groups[g].rollouts[i]
      const tokens = [...sequence.tokens.subarray(sequence.promptLength)]
      return {
        title: `${sample.prompt.messages.map(({ content }) => String(content)).join(' ')} ${value > 0.5 ? 'right' : 'wrong'}`,
        tokens: tokens.map((id) => policy.tokenizer.tokenText(id)),
        rows: credited.map(({ name, advantages }) => ({ name, values: [...advantages[g][i]] })),
      }
    })
  } finally {
    for (const model of models) await model.close()
  }
}

/** Right and wrong answers in turn, from groups that have both. */
function chosen(groups: readonly Group[]): { g: number; i: number; value: number }[] {
  const found = groups.flatMap(({ scores }, g) => {
    const values = scores.map((score) => (score.kind === 'scored' ? score.value : 0))
    const [right, wrong] = [values.indexOf(1), values.indexOf(0)]
    return right < 0 || wrong < 0 ? [] : [right, wrong].map((i) => ({ g, i, value: values[i] }))
  })
  return found.slice(0, shown)
}
