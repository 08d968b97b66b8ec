/** What the recipes on preferences share: the erring reference on running sums, its pairs, and how an arm is judged. */
import type { TokenScorer } from 'guerdon/credit'
import { areaUnderCurve, type Group, type Preference, type Sequence } from 'guerdon/data'
import type { FeedbackObjective, PairObjective } from 'guerdon/objectives'
import { copyOf, type LocalPolicy, nano, type Policy } from 'guerdon/policy'
import { beamSearch } from 'guerdon/search'
import { type Care, type ChainSumTask, chainSum, heldOut } from 'guerdon/tasks'
import { characterTokenizer } from 'guerdon/text'
import {
  type ArmRun,
  collect,
  evaluate,
  type PreferenceOptions,
  pairsOf,
  preference,
  supervised,
  type TrainingResult,
} from 'guerdon/train'

export const settings = {
  model: '0.2M',
  task: 'chainSum, 6 digits',
  warmupSteps: 300,
  warmupBatch: 64,
  warmupLearningRate: 2e-3,
  prompts: 900,
  samples: 8,
  batch: 64,
  epochs: 3,
  beta: 0.1,
  learningRate: 3e-4,
  testPrompts: 250,
  testSamples: 8,
}

export const maxTokens = 8
const heldOutPairs = 64

export interface Start {
  readonly task: ChainSumTask
  /** The reference: it imitates a writer who errs in known places. */
  readonly model: LocalPolicy
  /** Samples of the reference with the verifier's verdicts. */
  readonly groups: readonly Group[]
  readonly pairs: readonly Preference[]
  readonly test: ReturnType<typeof evaluationPrompts>
}

const evaluationPrompts = (task: ChainSumTask) => [...Iterator.from(task.prompts('test')).take(settings.testPrompts)]

/** Trains the reference of a seed, has it answer, and lets the verifier judge. `cares` are the tones it learns to take. */
export async function prepare(seed: number, cares: readonly Care[] = ['=']): Promise<Start> {
  const task = chainSum({ seed })
  const { training } = await heldOut(task, { count: settings.testPrompts, seed: 'test' })
  const model = nano('0.2M', characterTokenizer(task.alphabet), { seed, context: 24 })
  const steps = settings.warmupSteps * (cares.length > 1 ? 1.5 : 1)
  await supervised({
    policy: model,
    demonstrations: task.reference(seed, cares),
    steps,
    batch: settings.warmupBatch,
    adam: { learningRate: settings.warmupLearningRate, clipNorm: 1 },
    schedule: (step) => Math.min(1, (steps - step) / (0.3 * steps)),
  })
  const prompts = [...Iterator.from(training.prompts(seed)).take(settings.prompts)]
  const groups = await collect(prompts, {
    policy: model,
    reward: task.reward,
    groupSize: settings.samples,
    sampling: { maxTokens, seed },
  })
  return { task, model, groups, pairs: pairsOf(groups), test: evaluationPrompts(task) }
}

/** Share of sampled answers to the test prompts whose last digit is right. */
export async function accuracyOf(policy: Policy, { task, test }: Pick<Start, 'task' | 'test'>): Promise<number> {
  const { reward } = task
  const found = await evaluate({
    policy,
    reward,
    prompts: test,
    maxTokens,
    seed: 'test',
    samples: settings.testSamples,
  })
  return found.accuracy
}

/** Share of the first test prompts whose likeliest of so many beams is right, and the tokens read for each. */
export async function beamAccuracy(
  policy: Policy,
  { task, test }: Pick<Start, 'task' | 'test'>,
  beams: number,
  prompts: number,
): Promise<{ readonly right: number; readonly read: number }> {
  let [right, read] = [0, 0]
  for (const prompt of test.slice(0, prompts)) {
    const { answers, cost } = await beamSearch(prompt, { policy, beams, maxTokens })
    const [score] = await task.reward.score([{ prompt, completion: answers[0].completion }])
    right += score.kind === 'scored' ? score.value / prompts : 0
    read += cost.read / prompts
  }
  return { right, read }
}

/** The pairs that are not held out. */
export function trainingPairs({ pairs }: Start): readonly Preference[] {
  return pairs.slice(heldOutPairs)
}

/** Trains a copy of the reference and measures sampled accuracy after each pass. */
export async function train(
  start: Start,
  seed: number,
  objective: PairObjective | FeedbackObjective,
  more: Partial<PreferenceOptions> = {},
): Promise<{ readonly policy: LocalPolicy; readonly result: TrainingResult }> {
  const policy = copyOf(start.model)
  const data = more.data ?? trainingPairs(start)
  const result = await preference({
    policy,
    data,
    objective,
    batch: settings.batch,
    epochs: settings.epochs,
    adam: { learningRate: settings.learningRate, clipNorm: 1 },
    evaluation: {
      data: start.pairs.slice(0, heldOutPairs),
      every: Math.ceil(data.length / settings.batch),
      measure: async (now) => ({ sampled: await accuracyOf(now, start) }),
    },
    seed,
    folder: false,
    ...more,
  })
  return { policy, result }
}

/** Accuracy after one pass as what arms are compared by, and its curve. */
export function outcome({ history }: TrainingResult): ArmRun {
  const marks = history.filter(({ metrics }) => metrics.sampled !== undefined)
  const values = marks.map(({ metrics }) => metrics.sampled)
  return {
    value: values[1],
    curves: { 'Sampled accuracy': { steps: marks.map(({ step }) => step), values } },
    extra: { reference: values[0], 'last pass': values[values.length - 1] ?? Number.NaN },
  }
}

/** One arm: train, measure, close. */
export function arm(
  objective: () => PairObjective | FeedbackObjective,
  more: (start: Start, seed: number) => Promise<Partial<PreferenceOptions>> | Partial<PreferenceOptions> = () => ({}),
) {
  return async (start: Start, seed: number): Promise<ArmRun> => {
    const { policy, result } = await train(start, seed, objective(), await more(start, seed))
    await policy.close()
    return outcome(result)
  }
}

/** The rejected answers of the first pairs, their sequences, and which of their digits are local errors. */
export function rejectedAnswers({ task, model, pairs }: Start) {
  return pairs.slice(0, heldOutPairs).map(({ prompt, rejected }) => {
    const head = model.tokenizer.encode(model.tokenizer.render(prompt.messages))
    const tokens = Int32Array.of(...head, ...model.tokenizer.encode(rejected), model.tokenizer.endId)
    const sequence: Sequence = { tokens, promptLength: head.length }
    return { prompt, sequence, errors: task.localErrors(prompt, rejected) }
  })
}

/** How well low token scores point at the local errors of rejected answers: the area under the ROC curve. */
export async function errorDetection(start: Start, scorer: TokenScorer): Promise<number> {
  const answers = rejectedAnswers(start)
  const scores = await scorer.score(answers)
  const of = (marked: boolean) =>
    answers.flatMap(({ errors }, i) => errors.flatMap((wrong, t) => (wrong === marked ? [-scores[i][t]] : [])))
  return areaUnderCurve(of(true), of(false))
}

/** 5 % one-sided of Student's t with 4 degrees of freedom: five seeds, paired. */
export const critical = 2.13

/** A paired difference in points. */
export function points({ difference, t }: { readonly difference: number; readonly t: number }): string {
  return `${difference >= 0 ? '+' : ''}${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`
}
