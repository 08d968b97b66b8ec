import { after } from 'node:test'
import { random } from '../../src/data/random.ts'
import {
  defineReward,
  firstOf,
  gate,
  isolated,
  lengthBetween,
  min,
  product,
  type Reward,
  scoreAll,
  type Verdict,
  weigh,
} from '../../src/rewards/index.ts'
import { sample, valuesOf } from '../rewards/samples.ts'
import { equivalences, type Numbers } from './equivalence.ts'

/** Some texts of some prompts. */
function samples(seed: number) {
  const source = random(seed)
  return Array.from({ length: 12 }, () => {
    const text = 'x'.repeat(source.int(0, 9))
    return sample(text, text.length, `p${source.int(0, 3)}`)
  })
}

/** Every behaviour a judge may have, by the length of the text. */
function judge(text: string): Verdict {
  if (text.length === 7) throw new Error('boom')
  if (text.length === 8) return null
  return text.length === 9 ? Number.NaN : text.length / 8
}

const sync = defineReward('judge', ({ completion }) => judge(completion.text))
const eventually = defineReward('judge', async ({ completion }) => {
  await new Promise((resolve) => setImmediate(resolve))
  return judge(completion.text)
})
const always = defineReward('always', () => 1)

const values =
  (reward: Reward, options: Parameters<typeof scoreAll>[2] = {}) =>
  async (seed: number): Promise<Numbers> =>
    // Unscored counts as NaN, which must stand in the same places on both sides.
    valuesOf(await scoreAll(reward, samples(seed), options)).map((value) => value ?? Number.NaN)

const outside = await isolated(new URL('../rewards/fixtures/behaviours.ts', import.meta.url), {
  exportName: 'length',
  workers: 1,
})
after(() => outside.close())
const inside = defineReward('length', ({ completion }) => completion.text.length)

equivalences([
  { claim: 'a sync and an async reward give the same scores', left: values(sync), right: values(eventually) },
  {
    claim: 'how many calls are in flight changes no score',
    left: values(eventually, { concurrency: 1 }),
    right: values(eventually, { concurrency: 100 }),
  },
  {
    claim: 'a reward in a worker gives the scores it gives here',
    left: values(outside),
    right: values(inside),
    seeds: 5,
  },
  {
    claim: 'a weighted sum of one with weight 1 is that one',
    left: values(weigh({ a: [1, sync] })),
    right: values(sync),
  },
  { claim: 'a gate that is always open is no gate', left: values(gate(always, sync)), right: values(sync) },
  { claim: 'the least of one is that one', left: values(min(sync)), right: values(sync) },
  { claim: 'a product with 1 is the other factor', left: values(product(sync, always)), right: values(sync) },
  {
    claim: 'the first of a reward that always answers is that reward',
    left: values(firstOf(inside, sync)),
    right: values(inside),
  },
  {
    claim: 'a gate is a product where the condition is 0 or 1 and the reward answers',
    left: values(gate(lengthBetween(2, 5), inside)),
    right: values(product(lengthBetween(2, 5), inside)),
  },
])
