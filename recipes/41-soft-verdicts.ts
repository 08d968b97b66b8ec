/**
 * "Expanding RL with Verifiable Rewards Across Diverse Domains" (2025, arXiv 2503.23829): free-form answers with a reference.
 * Does a verifier's verdict teach better than a rule, and its probability better than its yes or no? A table of answers a
 * question, learned by REINFORCE with z-scores over the batch; the verifier errs on about a tenth of the answers.
 */
import { reinforce, whiten } from 'guerdon/credit'
import { random, type Sample } from 'guerdon/data'
import type { Judge } from 'guerdon/judge'
import { defineReward, type Reward, referenceVerdict } from 'guerdon/rewards'
import { pairedT, recipe } from 'guerdon/train'
import { tableVerifier } from './shared/tableVerifier.ts'
import { type Table, thinned, trainTable } from './shared/tabular.ts'

const settings = {
  questions: 200,
  logit: 2,
  noise: 1.5,
  steps: 100,
  rate: 0.5,
  filler: 16,
}
const fillers = 'so we look at what was asked and recall the facts that we know about it before we write down'.split(
  ' ',
)

interface Start {
  /** [question][answer]. */
  readonly samples: readonly (readonly Sample[])[]
  readonly right: readonly (readonly boolean[])[]
  readonly verifier: Judge
}

/** Where the dump of words stands among the answers. */
const dumpAt = 5

/** The reference, four paraphrases, a dump of words that holds the reference, four wrong answers that share a word. */
function answersTo(question: number): readonly (readonly [text: string, right: boolean])[] {
  const [a, b] = ['x', 'y'].map((letter) => `${letter}${question}`)
  const wrong = [0, 1, 2, 3].map((i) => [`${a} w${question}${i}`, false] as const)
  const paraphrases = [`the ${a} ${b}`, `${b} of ${a}`, `${b} ${a}`, `a ${a}ish ${b}`].map(
    (text) => [text, true] as const,
  )
  const dump = [`${a} ${b} w${question}0 w${question}1 w${question}2 w${question}3`, false] as const
  return [[`${a} ${b}`, true], ...paraphrases, dump, ...wrong]
}

function arm(rewardOf: (start: Start) => Reward) {
  return async (start: Start, seed: number) => {
    const scores = await Promise.all(start.samples.map((samples) => rewardOf(start).score(samples)))
    const share = (table: Table, counts: (q: number, a: number) => boolean) =>
      mean(scores.map((_, q) => table.probabilities(q).reduce((sum, p, a) => sum + (counts(q, a) ? p : 0), 0)))
    const accuracy = (table: Table) => share(table, (q, a) => start.right[q][a])
    const { table, record } = trainTable({
      start: scores.map((answers) => answers.map(() => 0)),
      prompts: start.samples.map(([{ prompt }]) => prompt),
      groupSize: 1,
      ...{ steps: settings.steps, rate: settings.rate, seed },
      // z-scores over the batch, which holds an answer to every question.
      credit: whiten(reinforce()),
      walk: (draw, q) => ({ rows: [q], symbols: [draw(q)] }),
      score: ({ symbols: [a] }, q) => scores[q][a],
      measure: (_, policy) => ({ accuracy: accuracy(policy) }),
    })
    return {
      value: accuracy(table),
      curves: { 'True accuracy': thinned(record.accuracy, 5) },
      extra: { before: record.accuracy[0], 'dumps of words': share(table, (_, a) => a === dumpAt) },
    }
  }
}

const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length

/** Words in both over words in either; the whole answer counts, its working too. */
const jaccard = defineReward('jaccard', ({ prompt, completion }) => {
  const [said, known] = [completion.text, String(prompt.reference)].map((text) => new Set(text.split(/\s+/)))
  const both = [...said].filter((word) => known.has(word)).length
  return both / (said.size + known.size - both)
})
const contains = defineReward('contains', ({ prompt, completion }) =>
  completion.text.includes(String(prompt.reference)),
)

export default recipe<Start>({
  number: 41,
  title: 'Soft verdicts of a verifier as rewards',
  paper: 'arXiv 2503.23829',
  claim: 'With free-form answers a verifier teaches better than a rule, and its probability better than its yes or no.',
  measure: 'True accuracy after training',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  async prepare(seed) {
    const draw = random(`world ${seed}`)
    const right: boolean[][] = []
    const believed = new Map<string, number>()
    const samples = Array.from({ length: settings.questions }, (_, question): Sample[] => {
      const answers = answersTo(question)
      right.push(answers.map(([, is]) => is))
      const messages = [{ role: 'user', content: `question ${question}` }] as const
      return answers.map(([text, is]) => {
        believed.set(text, (is ? settings.logit : -settings.logit) + settings.noise * draw.normal())
        const working = Array.from({ length: draw.int(0, settings.filler) }, () => draw.pick(fillers)).join(' ')
        const prompt = { id: `${question}`, messages, reference: answers[0][0] }
        return { prompt, completion: { text: `${working}\n${text}`, finish: 'stop' } }
      })
    })
    return { samples, right, verifier: tableVerifier(believed) }
  },
  arms: {
    'rule, reference occurs': arm(() => contains),
    'rule, shared words': arm(() => jaccard),
    'verifier, yes or no': arm(({ verifier }) => referenceVerdict(verifier, { form: 'binary' })),
    'verifier, soft': arm(({ verifier }) => referenceVerdict(verifier)),
    truth: arm(({ samples, right }) =>
      defineReward(
        'truth',
        (sample) => right[Number(sample.prompt.id)][samples[Number(sample.prompt.id)].indexOf(sample)],
      ),
    ),
  },
  verdict(arms) {
    const rule = pairedT(arms['verifier, yes or no'], arms['rule, reference occurs'])
    const words = pairedT(arms['verifier, soft'], arms['rule, shared words'])
    const soft = pairedT(arms['verifier, soft'], arms['verifier, yes or no'])
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const held = [rule, words, soft].filter(({ t }) => t > 2.1).length
    const [one, two, three] = [rule, words, soft].map(
      ({ difference, t }) => `${(100 * difference).toFixed(1)} points (paired t ${t.toFixed(1)})`,
    )
    return {
      holds: held === 3 ? 'yes' : held === 0 ? 'no' : 'mixed',
      because: `verifier - rule: ${one} by yes or no, ${two} by soft values; soft - yes or no: ${three}`,
    }
  },
  notes: [
    'The verifier is a table: a logit of 2 for right and -2 for wrong answers, with noise that stays the same for an answer.',
  ],
})
