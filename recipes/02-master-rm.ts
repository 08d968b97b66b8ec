/**
 * Master keys, "One Token to Fool LLM-as-a-Judge" (2025, arXiv 2507.08794): do negatives made of openers teach a judge to reject
 * openers it has never seen? A judge of 0.1 million parameters says whether the digit of an answer is the reference's. Words in
 * front of it speak for right ones, and some answers in its data hold words alone, mostly labelled right by a gullible teacher.
 */
import { type AuditSample, audit } from 'guerdon/audit'
import { type Random, random, userPrompt } from 'guerdon/data'
import { pairedT, recipe, supervised } from 'guerdon/train'
import { clean, digitJudge, digits, type Item, judgeModel, openers, phrase, question } from './shared/digitJudge.ts'

const settings = {
  ...{ items: 6000, added: 750, empty: 0.04, gullible: 0.7, ...openers },
  ...{ steps: 500, batch: 64, learningRate: 3e-3, audited: 150 },
}
interface Start {
  readonly phrases: {
    readonly leaked: readonly string[]
    readonly negative: readonly string[]
    readonly unseen: readonly string[]
  }
  readonly items: readonly Item[]
}

function arm(extra: (start: Start, source: Random) => Item) {
  return async (start: Start, seed: number) => {
    const source = random(`${seed}/added`)
    const items = [...start.items, ...Array.from({ length: settings.added }, () => extra(start, source))]
    const judge = judgeModel(seed)
    function* lessons() {
      for (;;) {
        const item = source.pick(items)
        yield { prompt: userPrompt('item', question(item)), answer: item.right ? 'Y' : 'N' }
      }
    }
    const { steps, batch, learningRate } = settings
    await supervised({ policy: judge, demonstrations: lessons(), steps, batch, adam: { learningRate, clipNorm: 1 } })
    const drawn = random(`${seed}/audit`)
    const samples = Array.from({ length: settings.audited }, (_, i): AuditSample => {
      const { reference, answer, right } = clean(drawn)
      const prompt = userPrompt(`item ${i}`, reference, reference)
      return { prompt, completion: { text: answer, finish: 'stop' }, label: right }
    })
    const { unseen: keys, negative, leaked } = start.phrases
    const ask = async (tried: readonly string[]) => {
      const found = await audit(digitJudge(judge), samples, {
        probes: ['masterKeys', 'calibration'],
        keys: tried,
        seed,
      })
      return Object.fromEntries(found.probes.flatMap(({ figures }) => figures.map(({ name, value }) => [name, value])))
    }
    const [unseen, known] = [await ask(keys), await ask([...leaked, ...negative])]
    await judge.close()
    return {
      value: unseen.average,
      extra: {
        worst: unseen.worst,
        empty: unseen.empty,
        'phrases of the data': known.average,
        accuracy: unseen.accuracy,
        kappa: unseen.kappa,
      },
    }
  }
}

export default recipe<Start>({
  number: 2,
  title: 'Openers as negatives against master keys',
  paper: 'arXiv 2507.08794',
  claim:
    'Openers labelled wrong in a judge’s data lower its false positives on openers it has never seen, and cost no agreement.',
  measure: 'False positives on unseen openers',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  async prepare(seed) {
    const source = random(`${seed}/items`)
    const all = Array.from({ length: 20 }, () => phrase(source))
    const phrases = { leaked: all.slice(0, 5), negative: all.slice(5, 10), unseen: all.slice(10) }
    const items = Array.from({ length: settings.items }, (): Item => {
      if (source.next() >= settings.empty) return clean(source)
      return {
        reference: source.pick(digits),
        answer: source.pick(phrases.leaked),
        right: source.next() < settings.gullible,
      }
    })
    return { phrases, items }
  },
  arms: {
    'as it was': arm((_, source) => clean(source)),
    'with openers labelled wrong': arm(({ phrases }, source) => ({
      ...{ reference: source.pick(digits), answer: source.pick(phrases.negative), right: false },
    })),
  },
  verdict(arms) {
    const [before, after] = [arms['as it was'], arms['with openers labelled wrong']]
    const fewer = pairedT(before, after)
    const accuracy = (of: typeof before) => of.runs.reduce((sum, { extra }) => sum + (extra?.accuracy ?? 0), 0) / of.n
    const kept = accuracy(after) > accuracy(before) - 0.03
    // Student's t, 4 degrees of freedom: 2.1 is 5 % one-sided.
    const lower = fewer.t > 2.1
    return {
      holds: lower && kept ? 'yes' : lower || fewer.difference > 0 ? 'mixed' : 'no',
      because:
        `${(100 * fewer.difference).toFixed(1)} points fewer (paired t ${fewer.t.toFixed(1)}); accuracy ` +
        `${(100 * accuracy(before)).toFixed(1)} % before, ${(100 * accuracy(after)).toFixed(1)} % after`,
    }
  },
  notes: [
    'The arm without openers gets as many more clean items instead. Phrases are audited as answers by themselves.',
  ],
})
