/**
 * BLEUBERI, "BLEU is a surprisingly effective reward for instruction following" (2025, arXiv 2505.11080): can sentence BLEU
 * against good references stand in for the quality of an answer? Answers tell facts, in any of many wordings, and their true
 * quality is known: the share of facts told. A model that tells them poorly is trained on BLEU alone.
 */
import { grpo } from 'guerdon/credit'
import { random } from 'guerdon/data'
import { clipped } from 'guerdon/objectives'
import { type LocalPolicy, localPolicy } from 'guerdon/policy'
import { bleuberi, type Difficulty, type Reward, selectByScore } from 'guerdon/rewards'
import { type ArmRun, pairedT, policyGradient, recipe, supervised } from 'guerdon/train'
import {
  agreement,
  answers,
  type FactStart,
  factStart,
  prepareFacts,
  quality,
  references,
  withOneReference,
} from './shared/facts.ts'

const settings = { ...factStart, kept: 64, prompts: 8, groupSize: 8, steps: 20, learningRate: 3e-4, clip: 0.2 }
const adam = { learningRate: settings.learningRate, clipNorm: 0.5 }

interface Training {
  readonly reward: Reward
  readonly difficulty: Difficulty
  /** All five references instead of the first. */
  readonly all?: boolean
}

const trained =
  ({ reward, difficulty, all = false }: Training) =>
  async (start: FactStart, seed: number): Promise<ArmRun> => {
    const { kept: count, clip, prompts, groupSize, steps, maxTokens } = settings
    const chosen = selectByScore(start.pool, start.scores, { count, difficulty, seed })
    const pool = all ? chosen : withOneReference(chosen)
    const policy = copyOf(start)
    const { history } = await policyGradient({
      policy,
      task: { name: 'facts', reward, prompts: (order) => random(order).shuffle(pool) },
      credit: grpo(),
      objective: clipped({ low: clip, high: clip }),
      ...{ prompts, groupSize, steps, maxTokens, adam, seed },
      folder: false,
    })
    const curve = { steps: history.map(({ step }) => step), values: history.map(({ metrics }) => metrics.reward) }
    return { ...(await measured(start, policy, seed)), curves: { 'Mean reward in training': curve } }
  }

async function imitated(start: FactStart, seed: number): Promise<ArmRun> {
  const policy = copyOf(start)
  const prompts = selectByScore(start.pool, start.scores, { count: settings.kept, difficulty: 'random', seed })
  const demonstrations = function* () {
    for (;;) for (const prompt of prompts) yield { prompt, answer: references(prompt)[0] }
  }
  const batch = settings.prompts * settings.groupSize
  await supervised({ policy, demonstrations: demonstrations(), steps: settings.steps, batch, adam })
  return measured(start, policy, seed)
}

const copyOf = ({ model }: FactStart) => localPolicy(model.config, model.weights().slice(), model.tokenizer)

async function measured({ heldOut, share }: FactStart, policy: LocalPolicy, seed: number): Promise<ArmRun> {
  const { reward, length } = await answers(policy, heldOut, quality, seed)
  await policy.close()
  return { value: reward, extra: { before: share, length } }
}

async function study(_: FactStart, seed: number): Promise<ArmRun> {
  const { byReferences, byLength } = agreement(seed)
  const [one, , , , five] = byReferences
  const curve = { steps: byReferences.map((_, i) => i + 1), values: byReferences }
  return {
    value: one,
    curves: { 'Agreement with a judge, by references': curve },
    extra: { 'with 5 references': five, 'by length alone': byLength },
  }
}

export default recipe<FactStart>({
  number: 27,
  title: 'BLEUBERI: BLEU against references as the only reward',
  paper: 'arXiv 2505.11080',
  claim: 'BLEU against good references, as the only reward, brings most of what the true quality as a reward brings.',
  measure: 'Share of facts told on new prompts (last row: agreement with a judge, with one reference)',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare: prepareFacts,
  close: ({ model }) => model.close(),
  arms: {
    'sft on references': imitated,
    'bleu, hard prompts': trained({ reward: bleuberi(), difficulty: 'hard' }),
    'bleu, any prompts': trained({ reward: bleuberi(), difficulty: 'random' }),
    'bleu, easy prompts': trained({ reward: bleuberi(), difficulty: 'easy' }),
    'bleu, 5 references': trained({ reward: bleuberi(), difficulty: 'random', all: true }),
    'true quality': trained({ reward: quality, difficulty: 'random' }),
    'agreement of BLEU': study,
  },
  verdict(arms) {
    const { runs } = arms['true quality']
    const before = runs.reduce((total, { extra }) => total + (extra?.before ?? Number.NaN), 0) / runs.length
    const gain = (name: string) => arms[name].mean - before
    const [any, most] = [gain('bleu, any prompts'), gain('true quality')]
    const selection = pairedT(arms['bleu, hard prompts'], arms['bleu, easy prompts'])
    const holds = any > 0 && any >= most / 2 ? 'yes' : any > 0 ? 'mixed' : 'no'
    const selected = `hard - easy prompts ${points(selection.difference)} (paired t ${selection.t.toFixed(1)})`
    return {
      holds,
      because: `from ${(100 * before).toFixed(1)} %: true quality ${points(most)}, BLEU ${points(any)}; ${selected}`,
    }
  },
  notes: [
    'The true quality stands for the reward model: a ceiling that no reward model reaches.',
    'References are perfect here, so imitating them wins; the paper asks what BLEU adds where imitation falls short.',
  ],
})

const points = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} points`
