/**
 * RLBFF, "Binary Flexible Feedback" (2025, arXiv 2509.21319): from the same people's comments, does a judge of binary principles
 * learn more than a Bradley-Terry reward model of their preferences, and can it be steered? Answers are letters; a principle is
 * whether a letter occurs. Three annotators each notice some of it, err, and add remarks that nobody else shares.
 */
import { random, type Sequence } from 'guerdon/data'
import type { LocalPolicy } from 'guerdon/policy'
import { pairedT, recipe, supervised } from 'guerdon/train'
import { tinyModel } from './shared/creditArm.ts'
import { agreed, type FeedbackWorld, feedbackWorld, principles, type Remark } from './shared/feedbackWorld.ts'
import { pairwiseModel } from './shared/pairwiseModel.ts'

const settings = {
  letters: 'abcdefgh',
  length: 8,
  responses: 800,
  annotators: 3,
  /** Chance to notice what a response is salient for, and each other principle; of a wrong remark; of a private one. */
  ...{ noticed: 0.9, others: 0.15, wrong: 0.1, private: 0.2 },
  threshold: 0.8,
  steps: 200,
  batch: 64,
  learningRate: 2e-3,
  pairs: 300,
}

const newModel = (seed: number) => tinyModel(`${settings.letters}${principles.join('').toUpperCase()}YN?`, seed, 16)
const question = (text: string, principle: string) => `${text}${principle.toUpperCase()}?`

/** A judge of principles: the next token after `abbcdefgA?` is Y or N. */
const principled =
  (choose: (remarks: readonly Remark[]) => readonly Remark[]) => async (start: FeedbackWorld, seed: number) => {
    const lessons = start.remarks.flatMap(choose)
    const policy = newModel(seed)
    const demonstrations = function* () {
      const draw = random(`lessons ${seed}`)
      for (;;)
        for (const { response: text, principle, fulfilled } of draw.shuffle(lessons)) {
          const messages = [{ role: 'user', content: question(text, principle) }] as const
          yield { prompt: { id: text, messages }, answer: fulfilled ? 'Y' : 'N' }
        }
    }
    const { steps, batch, learningRate } = settings
    await supervised({ policy, demonstrations: demonstrations(), steps, batch, adam: { learningRate, clipNorm: 1 } })
    const result = await measured(start, (texts, principle) => logOdds(policy, texts, principle))
    await policy.close()
    return { ...result, extra: { ...result.extra, lessons: lessons.length } }
  }

/** r = log p(Y) - log p(N). */
async function logOdds(policy: LocalPolicy, texts: readonly string[], principle: string): Promise<number[]> {
  const sequences = texts.flatMap((text) =>
    ['Y', 'N'].map((word): Sequence => {
      const prompt = policy.tokenizer.encode(question(text, principle))
      return { tokens: Int32Array.from([...prompt, ...policy.tokenizer.encode(word)]), promptLength: prompt.length }
    }),
  )
  const found = (await policy.forward(sequences, ['logprobs'])).map(({ logprobs = [Number.NaN] }) => logprobs[0])
  return texts.map((_, i) => found[2 * i] - found[2 * i + 1])
}

async function measured(
  { tests }: FeedbackWorld,
  score: (texts: readonly string[], principle: string) => Promise<readonly number[]>,
) {
  const shares: number[] = []
  for (const [i, pairs] of tests.entries()) {
    const values = await score(pairs.flat(), principles[i])
    const won = pairs.map((_, p) =>
      values[2 * p] > values[2 * p + 1] ? 1 : values[2 * p] === values[2 * p + 1] ? 0.5 : 0,
    )
    shares.push(won.reduce<number>((total, each) => total + each, 0) / pairs.length)
  }
  const mean = shares.reduce((total, share) => total + share, 0) / shares.length
  return { value: mean, extra: { 'what all weigh most': shares[0], 'worst principle': Math.min(...shares) } }
}

export default recipe<FeedbackWorld>({
  number: 29,
  title: 'RLBFF: binary principles from feedback',
  paper: 'arXiv 2509.21319',
  claim:
    'From the same comments a judge of principles that annotators agree on beats Bradley-Terry, and can be steered.',
  measure: 'Right choices on new pairs that differ in the principle asked for, mean over principles',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  async prepare(seed) {
    return feedbackWorld(settings, seed)
  },
  arms: {
    'Bradley-Terry': async (start, seed) => {
      const model = pairwiseModel(newModel(seed))
      await model.learn(start.preferences, settings, seed)
      const result = await measured(start, (texts) => model.score(texts))
      await model.close()
      return { ...result, extra: { ...result.extra, lessons: start.preferences.length } }
    },
    'principles, all remarks': principled((remarks) => remarks),
    'principles, agreed': principled((remarks) => agreed(remarks, settings.threshold)),
  },
  verdict(arms) {
    const better = pairedT(arms['principles, agreed'], arms['Bradley-Terry'])
    const filtered = pairedT(arms['principles, agreed'], arms['principles, all remarks'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const held = [better, filtered].filter(({ t }) => t > 2.1).length
    const [one, two] = [better, filtered].map(
      ({ difference, t }) => `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`,
    )
    return {
      holds: better.t > 2.1 ? (held === 2 ? 'yes' : 'mixed') : 'no',
      because: `agreed principles - Bradley-Terry ${one}; agreed - all remarks ${two}`,
    }
  },
  notes: ['Bradley-Terry has one score for every principle; "what all weigh most" is where it is at its best.'],
})
