/**
 * LeTI, "Learning to Generate from Textual Interactions" (2023, arXiv 2305.10314), its reward: what does the interpreter's
 * text say that pass or fail does not? Faults of ten kinds are put into ten small programs, which then run in the sandbox
 * against their tests. Three feedbacks are compared by how often they name the faulty line and the kind of fault.
 */
import { random } from 'guerdon/data'
import { codeTests, scoreAll } from 'guerdon/rewards'
import { pairedT, recipe } from 'guerdon/train'
import { type Faulty, faultyPrograms, problems } from './shared/faultyPrograms.ts'

const settings = { draws: 2, seconds: 1 }

interface Tried extends Faulty {
  readonly passed: boolean
  readonly feedback: string
}

interface Start {
  /** Read to learn which feedback goes with which kind of fault, and judged by. */
  readonly known: readonly Tried[]
  readonly judged: readonly Tried[]
}

async function prepare(seed: number): Promise<Start> {
  using reward = codeTests({ limits: { seconds: settings.seconds } })
  const score = (programs: readonly { readonly source: string; readonly tests: readonly string[] }[]) => {
    const samples = programs.map(({ source, tests }, i) => ({
      prompt: { id: `${i}`, messages: [], reference: [...tests] },
      completion: { text: source, finish: 'stop' as const },
    }))
    return scoreAll(reward, samples)
  }
  const whole = await score(problems)
  if (!whole.every((each) => each.kind === 'scored' && each.value === 1))
    throw new Error(`a program without a fault does not pass: ${JSON.stringify(whole)}`)
  const tried = async (stream: string): Promise<Tried[]> => {
    const source = random(`${stream}/${seed}`)
    const programs = Array.from({ length: settings.draws }, () => faultyPrograms(source)).flat()
    const scores = await score(programs)
    return scores.flatMap((each, i) =>
      each.kind === 'scored' ? [{ ...programs[i], passed: each.value === 1, feedback: each.feedback ?? '' }] : [],
    )
  }
  return { known: await tried('known'), judged: await tried('judged') }
}

/** What is left of the feedback, and the lines of the program that it names. */
interface Voice {
  readonly said: (tried: Tried) => string
  readonly lines: (tried: Tried) => readonly number[]
}

/** The coarse reward: the token <|good|> or <|bad|>. */
const binary: Voice = { said: ({ passed }) => (passed ? 'good' : 'bad'), lines: () => [] }
/** Its first line: wrong answer, exception, syntax error, timeout. */
const reason: Voice = { said: ({ feedback }) => feedback.split('\n', 1)[0], lines: () => [] }
/** The fine reward: the whole text. The exception's name, and the innermost line of the traceback. */
const text: Voice = {
  said: (tried) => /^(\w+(?:Error|Exception|Interrupt))\b/m.exec(tried.feedback)?.[1] ?? reason.said(tried),
  lines({ feedback }) {
    const first = feedback.split(/\ntest 2:/, 1)[0]
    const named = [...first.matchAll(/(?:"<program>", |\b(?:on|at) )line (\d+)/g)]
    return named.slice(-1).map(([, line]) => Number(line))
  },
}

const arm =
  (voice: Voice) =>
  async ({ known, judged }: Start) => {
    const failed = judged.filter(({ passed }) => !passed)
    // A line that is named is taken; where none is, any line may be meant.
    const found = (tried: Tried): number => {
      const lines = voice.lines(tried)
      return lines.length === 0
        ? 1 / (tried.lines - 1)
        : lines.filter((line) => line === tried.line).length / lines.length
    }
    const kinds = Map.groupBy(
      known.filter(({ passed }) => !passed),
      voice.said,
    )
    const likeliest = (tried: Tried): string => {
      const counts = Map.groupBy(kinds.get(voice.said(tried)) ?? [], ({ fault }) => fault)
      return [...counts].sort((a, b) => b[1].length - a[1].length)[0]?.[0] ?? ''
    }
    const byFault = [...Map.groupBy(failed, ({ fault }) => fault)].sort()
    return {
      value: mean(failed.map(found)),
      extra: {
        'kind of fault named': mean(failed.map((tried) => (likeliest(tried) === tried.fault ? 1 : 0))),
        'faults that fail': failed.length / judged.length,
        ...Object.fromEntries(byFault.map(([fault, group]) => [`line, ${fault}`, mean(group.map(found))])),
      },
    }
  }

export default recipe<Start>({
  number: 1,
  title: 'LeTI: what textual feedback says that pass or fail does not',
  paper: 'arXiv 2305.10314',
  claim: "The interpreter's text adds information to a binary reward: where the fault is, and of what kind.",
  measure: 'Share of failing programs whose faulty line is named',
  format: 'share',
  seeds: [1, 2, 3, 4, 5],
  settings,
  prepare,
  arms: { 'good or bad': arm(binary), reason: arm(reason), 'textual feedback': arm(text) },
  verdict(arms) {
    const line = pairedT(arms['textual feedback'], arms['good or bad'])
    const kind = (name: string) => mean(arms[name].runs.map((run) => run.extra?.['kind of fault named'] ?? Number.NaN))
    const gain = kind('textual feedback') - kind('good or bad')
    const holds = line.t > 2.1 && gain > 0 ? 'yes' : line.difference > 0 || gain > 0 ? 'mixed' : 'no'
    return {
      holds,
      because: `the faulty line: ${shown(line.difference)} over chance (paired t ${line.t.toFixed(1)}); the kind of fault: ${shown(gain)}`,
    }
  },
  notes: [
    'This is the reward half of the paper: the model that learns from these texts comes later.',
    'A wrong answer has no traceback: there the text names the test, and the line is at chance.',
  ],
})

const mean = (list: readonly number[]) => list.reduce((total, value) => total + value, 0) / list.length
const shown = (share: number) => `${share >= 0 ? '+' : ''}${(100 * share).toFixed(1)} points`
