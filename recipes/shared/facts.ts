/** Facts to be told, a model that tells them poorly, and how well BLEU agrees with a judge of the answers' true quality. */
import { type Prompt, random, type Score } from 'guerdon/data'
import { type LocalPolicy, nano, type Policy } from 'guerdon/policy'
import { bleuberi, defineReward, type Reward } from 'guerdon/rewards'
import { factShare, facts } from 'guerdon/tasks'
import { characterTokenizer, smoothedBleu } from 'guerdon/text'
import { type Evaluation, evaluate, supervised } from 'guerdon/train'

export const factStart = {
  model: '0.2M',
  facts: 2,
  warmupSteps: 400,
  warmupBatch: 32,
  warmupLearningRate: 3e-3,
  pool: 256,
  heldOut: 200,
  maxTokens: 24,
  pairs: 250,
}

export interface FactStart {
  readonly model: LocalPolicy
  readonly pool: readonly Prompt[]
  /** BLEU of the model's own answers to the pool, against their first references. */
  readonly scores: readonly Score[]
  readonly heldOut: readonly Prompt[]
  /** Share of facts told on `heldOut` before training. */
  readonly share: number
}

/** The true quality of an answer. */
export const quality = defineReward('quality', ({ prompt, completion }) => factShare(completion.text, prompt), {
  range: [0, 1],
})

export const references = (prompt: Prompt): string[] =>
  Array.isArray(prompt.reference) ? prompt.reference.map(String) : []

export const withOneReference = (prompts: readonly Prompt[]): Prompt[] =>
  prompts.map((prompt) => ({ ...prompt, reference: references(prompt)[0] }))

/** The task, and a model warmed up on answers that drop and corrupt facts. */
export async function prepareFacts(seed: number): Promise<FactStart> {
  const task = facts({ facts: factStart.facts })
  const model = nano('0.2M', characterTokenizer(task.alphabet), { seed, context: 40 })
  await supervised({
    policy: model,
    demonstrations: task.warmup(seed),
    steps: factStart.warmupSteps,
    batch: factStart.warmupBatch,
    adam: { learningRate: factStart.warmupLearningRate, clipNorm: 1 },
  })
  const pool = [...task.prompts(`pool/${seed}`).take(factStart.pool)]
  const heldOut = [...task.prompts(`held out/${seed}`).take(factStart.heldOut)]
  // At the temperature at which the paper samples its base model.
  const { groups } = await answers(model, withOneReference(pool), bleuberi(), seed, 0.7)
  const { reward: share } = await answers(model, heldOut, quality, seed)
  return { model, pool, heldOut, scores: groups.map((group) => group.scores[0]), share }
}

/** One answer to each prompt, scored; greedy unless a temperature is given. */
export function answers(
  policy: Policy,
  prompts: readonly Prompt[],
  reward: Reward,
  seed: number,
  temperature = 0,
): Promise<Evaluation> {
  return evaluate({ policy, reward, prompts, maxTokens: factStart.maxTokens, seed, temperature })
}

/**
 * How often BLEU prefers the answer that a noisy judge of quality (deviation 0.1) prefers, with 1 to 5 references; by length
 * beside it. Equal scores count as disagreement.
 */
export function agreement(seed: number): { readonly byReferences: readonly number[]; readonly byLength: number } {
  const task = facts({ facts: 8 })
  const source = random(`agreement/${seed}`)
  const pairs = [...task.prompts(`agreement/${seed}`).take(factStart.pairs)].map((prompt) => {
    const [a, b] = [task.poorAnswer(prompt, source), task.poorAnswer(prompt, source)]
    const [x, y] = [a, b].map((answer) => factShare(answer, prompt) + 0.1 * source.normal())
    return { prompt, a, b, better: x > y }
  })
  const share = (score: (answer: string, prompt: Prompt) => number): number =>
    pairs.filter(({ prompt, a, b, better }) => {
      const [x, y] = [score(a, prompt), score(b, prompt)]
      return x !== y && x > y === better
    }).length / pairs.length
  return {
    byReferences: [1, 2, 3, 4, 5].map((count) =>
      share((answer, prompt) => smoothedBleu(answer, references(prompt).slice(0, count)).score),
    ),
    byLength: share((answer) => answer.length),
  }
}
