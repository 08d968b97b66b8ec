/**
 * Search-Gen-V (2025, arXiv 2510.14660): a small generative verifier that labels nuggets. Does reinforcement on the paper's rule
 * reward improve it beyond supervised tuning, and does it beat string matching where facts are worded otherwise? Facts are an
 * entity with a digit, stated, hedged or contradicted, in any of four wordings.
 */
import { grpo } from 'guerdon/credit'
import type { Prompt } from 'guerdon/data'
import { clipped } from 'guerdon/objectives'
import { copyOf, type LocalPolicy } from 'guerdon/policy'
import { defineReward, verifierReward } from 'guerdon/rewards'
import { evaluate, pairedT, policyGradient, recipe, supervised } from 'guerdon/train'
import { tinyModel } from './shared/creditArm.ts'
import { alphabet, formatOf, goldOf, inWords, macroF1, questions, separatorOf, short } from './shared/nuggetWorld.ts'

const settings = {
  facts: 4,
  nuggets: [2, 4] as const,
  warmup: { steps: 400, batch: 64, learningRate: 2e-3 },
  training: { steps: 50, prompts: 16, groupSize: 8, learningRate: 3e-4 },
  heldOut: 300,
}
const maxTokens = 2 * settings.nuggets[1]

interface Start {
  readonly model: LocalPolicy
  readonly heldOut: readonly Prompt[]
}

/** The paper's rule reward without its part for reasoning, which these models do not write: at most 0.8. */
const rule = defineReward('rule', ({ prompt, completion }) => {
  const { value, f1, exact, format } = verifierReward(inWords(completion.text), goldOf(prompt), {
    format: formatOf(prompt),
  })
  return { kind: 'scored', value, parts: { f1, exact, format } }
})

async function measured(policy: LocalPolicy, { heldOut }: Start, seed: number) {
  const { groups } = await evaluate({ policy, reward: rule, prompts: heldOut, maxTokens, seed })
  const gold = heldOut.map(goldOf)
  const said = groups.map(({ prompt, rollouts: [{ sample }] }) =>
    inWords(sample.completion.text).split(separatorOf(prompt)),
  )
  const share = (is: (i: number) => boolean) => gold.filter((_, i) => is(i)).length / gold.length
  return {
    value: macroF1(said, gold),
    extra: {
      'all labels right': share((i) => said[i].join() === gold[i].join()),
      'wrong form': share((i) => said[i].length !== gold[i].length),
    },
  }
}

/** What supervised tuning gave, trained on by `further`. */
const arm =
  (further: (policy: LocalPolicy, seed: number) => Promise<unknown>) => async (start: Start, seed: number) => {
    const policy = copyOf(start.model)
    await further(policy, seed)
    const result = await measured(policy, start, seed)
    await policy.close()
    return result
  }

function* demonstrations(seed: string) {
  for (const prompt of questions(settings, seed))
    yield { prompt, answer: goldOf(prompt).map(short).join(separatorOf(prompt)) }
}

export default recipe<Start>({
  number: 31,
  title: 'Search-Gen-V: a verifier of nuggets',
  paper: 'arXiv 2510.14660',
  claim:
    'A small verifier tuned and then reinforced on the rule reward labels nuggets better than tuned alone, and than string matching.',
  measure: 'Macro F1 over the nuggets of new passages',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings: { ...settings, nuggets: [...settings.nuggets] },
  async prepare(seed) {
    const model = tinyModel(alphabet, seed, 48)
    const { steps, batch, learningRate } = settings.warmup
    const adam = { learningRate, clipNorm: 1 }
    await supervised({ policy: model, demonstrations: demonstrations(`tuning ${seed}`), steps, batch, adam })
    return { model, heldOut: [...questions(settings, `held out ${seed}`).take(settings.heldOut)] }
  },
  close: ({ model }) => model.close(),
  arms: {
    'string matching': async ({ heldOut }) => {
      const said = heldOut.map((prompt) => {
        const [passage, nuggets] = String(prompt.messages[0].content).split('/')
        const has = (sign: string, nugget: string) => passage.includes(`${nugget[0]}${sign}${nugget[1]}`)
        return (nuggets.match(/\w\d/g) ?? []).map((nugget) =>
          has('=', nugget) ? 'support' : has('~', nugget) ? 'partial_support' : 'not_support',
        )
      })
      return { value: macroF1(said, heldOut.map(goldOf)) }
    },
    tuned: arm(async () => undefined),
    'tuned further': arm((policy, seed) => {
      const { steps, prompts, groupSize, learningRate } = settings.training
      const adam = { learningRate, clipNorm: 1 }
      return supervised({
        policy,
        demonstrations: demonstrations(`more ${seed}`),
        steps,
        batch: prompts * groupSize,
        adam,
      })
    }),
    'tuned and reinforced': arm((policy, seed) => {
      const { steps, prompts, groupSize, learningRate } = settings.training
      return policyGradient({
        ...{
          policy,
          credit: grpo(),
          objective: clipped({ low: 0.2, high: 0.28 }),
          steps,
          prompts,
          groupSize,
          maxTokens,
        },
        task: { name: 'nuggets', reward: rule, prompts: (order) => questions(settings, `training ${order}`) },
        ...{ adam: { learningRate, clipNorm: 1 }, seed, folder: false },
      })
    }),
  },
  verdict(arms) {
    const reinforced = pairedT(arms['tuned and reinforced'], arms.tuned)
    const same = pairedT(arms['tuned and reinforced'], arms['tuned further'])
    const matching = pairedT(arms['tuned and reinforced'], arms['string matching'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const held = [reinforced, matching].filter(({ t }) => t > 2.1).length
    const [one, two, three] = [reinforced, same, matching].map(
      ({ difference, t }) => `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`,
    )
    return {
      holds: held === 2 ? 'yes' : held === 1 ? 'mixed' : 'no',
      because: `reinforced - tuned ${one}, - tuned further with as many examples ${two}, - string matching ${three}`,
    }
  },
  notes: [
    'The gold labels of "tuned further" are exact here; in the paper they come from a teacher, and more of them cost more.',
  ],
})
