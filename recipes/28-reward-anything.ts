/**
 * RewardAnything (2025, arXiv 2506.03637): does a reward model that reads a principle follow opposing ones, and new ones, where a
 * reward model without principles cannot? Responses are letters; a principle wants more or fewer of a letter; two principles
 * are never trained on, though their letters and their directions are. Four noisy judges give the scores.
 */
import { grpo } from 'guerdon/credit'
import { random } from 'guerdon/data'
import { clipped } from 'guerdon/objectives'
import { copyOf, type LocalPolicy } from 'guerdon/policy'
import { defineReward, listAccuracy } from 'guerdon/rewards'
import { type ArmResult, evaluate, pairedT, policyGradient, recipe, supervised } from 'guerdon/train'
import { tinyModel } from './shared/creditArm.ts'
import { pairwiseModel } from './shared/pairwiseModel.ts'
import {
  alphabet,
  asked,
  demonstrationsOf,
  ordered,
  type PrincipledList,
  principledLists,
  promptOf,
  scoresIn,
  split,
} from './shared/principledLists.ts'

const settings = {
  letters: 'abcde',
  length: 6,
  candidates: 4,
  judges: 4,
  noise: 0.15,
  heldOut: ['+a', '-b'],
  tuning: { steps: 400, batch: 64, learningRate: 2e-3 },
  training: { steps: 30, prompts: 16, groupSize: 8, learningRate: 3e-4 },
  pairwise: { steps: 300, batch: 64, learningRate: 2e-3 },
  lists: 4000,
  tests: 200,
}
const maxTokens = settings.candidates + 1

interface Start {
  readonly model: LocalPolicy
  readonly lists: readonly PrincipledList[]
  /** Lists of principles that were trained on, and of those that were not, with true scores. */
  readonly known: readonly PrincipledList[]
  readonly unknown: readonly PrincipledList[]
}

/** R_acc of the paper's reward; the form is one digit for each candidate, or nothing. */
const rule = defineReward('rule', ({ prompt, completion }) => {
  const [given, known] = [completion.text, String(prompt.reference)].map((text) => scoresIn(text, settings.candidates))
  return given === undefined || known === undefined ? 0 : listAccuracy(named(given), named(known))
})
const named = (scores: readonly number[]) => Object.fromEntries(scores.map((score, i) => [`response ${i}`, score]))

type Scorer = (lists: readonly PrincipledList[]) => Promise<readonly (readonly number[])[]>

async function measured({ known, unknown }: Start, score: Scorer) {
  const value = ordered(unknown, await score(unknown))
  return { value, extra: { 'principles trained on': ordered(known, await score(known)) } }
}

/** The model writes all scores of a list at once. */
const listwise =
  (policy: LocalPolicy, seed: number): Scorer =>
  async (lists) => {
    const { groups } = await evaluate({ policy, reward: rule, prompts: lists.map(promptOf), maxTokens, seed })
    const none = new Array<number>(settings.candidates).fill(0)
    return groups.map(({ rollouts: [{ sample }] }) => scoresIn(sample.completion.text, settings.candidates) ?? none)
  }

/** A scalar for each response alone, learned from the judges' preferences; `text` is what it reads. */
const pointwise = (text: (principle: string, response: string) => string) => async (start: Start, seed: number) => {
  const pairs = start.lists.flatMap(
    ({ principle, responses: [a, b], scores: [x, y] }): (readonly [string, string])[] => {
      const [first, second] = [text(principle, a), text(principle, b)]
      return x === y ? [] : [x > y ? [first, second] : [second, first]]
    },
  )
  const model = pairwiseModel(tinyModel(alphabet, seed, 48))
  await model.learn(pairs, settings.pairwise, seed)
  const result = await measured(start, async (lists) => {
    const scores = await model.score(
      lists.flatMap(({ principle, responses }) => responses.map((each) => text(principle, each))),
    )
    return lists.map(({ responses }, l) => responses.map((_, i) => scores[l * settings.candidates + i]))
  })
  await model.close()
  return result
}

export default recipe<Start>({
  number: 28,
  title: 'RewardAnything: principles in words',
  paper: 'arXiv 2506.03637',
  claim:
    'A reward model that reads the principle follows principles it was not trained on; one without cannot follow opposing ones.',
  measure: 'Pairs in their true order, under principles that were never trained on',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  async prepare(seed) {
    const { trained, heldOut } = split(settings)
    const world = (name: string, principles: readonly string[]) =>
      principledLists(settings, principles, `${name} ${seed}`)
    const lists = [...world('lists', trained).take(settings.lists)]
    const truth = (list: PrincipledList) => ({ ...list, scores: list.truth })
    const model = tinyModel(alphabet, seed, 48)
    const { steps, batch, learningRate } = settings.tuning
    await supervised({
      policy: model,
      demonstrations: demonstrationsOf(lists, seed),
      steps,
      batch,
      adam: { learningRate, clipNorm: 1 },
    })
    const [known, unknown] = [trained, heldOut].map((principles, i) =>
      [...world(`tests ${i}`, principles).take(settings.tests)].map(truth),
    )
    return { model, lists, known, unknown }
  },
  close: ({ model }) => model.close(),
  arms: {
    'no principle': pointwise((_, response) => response),
    'principle, one by one': pointwise((principle, response) => asked(principle, [response])),
    'principle, list': (start, seed) => measured(start, listwise(start.model, seed)),
    'principle, list, reinforced': async (start, seed) => {
      const policy = copyOf(start.model)
      const { steps, prompts, groupSize, learningRate } = settings.training
      await policyGradient({
        ...{
          policy,
          credit: grpo(),
          objective: clipped({ low: 0.2, high: 0.2 }),
          steps,
          prompts,
          groupSize,
          maxTokens,
        },
        task: { name: 'lists', reward: rule, prompts: (order) => random(order).shuffle(start.lists.map(promptOf)) },
        ...{ adam: { learningRate, clipNorm: 1 }, seed, folder: false },
      })
      const result = await measured(start, listwise(policy, seed))
      await policy.close()
      return result
    },
  },
  verdict(arms) {
    const model = arms['principle, list, reinforced']
    const chance = { ...model, runs: model.runs.map(() => ({ value: 0.5 })) }
    const onKnown = (arm: ArmResult) => ({
      ...arm,
      runs: arm.runs.map(({ extra }) => ({ value: extra?.['principles trained on'] ?? Number.NaN })),
    })
    const unseen = pairedT(model, chance)
    const opposing = pairedT(onKnown(model), onKnown(arms['no principle']))
    const reinforced = pairedT(model, arms['principle, list'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const held = [unseen, opposing].filter(({ t }) => t > 2.1).length
    const [one, two, three] = [unseen, opposing, reinforced].map(
      ({ difference, t }) => `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`,
    )
    return {
      holds: held === 2 ? 'yes' : held === 1 ? 'mixed' : 'no',
      because: `new principles: list, reinforced - chance ${one}, - tuned alone ${three}; principles trained on: - no principle ${two}`,
    }
  },
  notes: [
    'Without a principle the model has seen only the opposite of each new one: below a half is what it should be.',
    '"one by one" is a scalar model that also reads the principle: what a list in one call adds is the difference from it.',
  ],
})
