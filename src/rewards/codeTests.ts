/**
 * Whether the code of an answer passes its tests, run in a sandbox. The verdict and the text for the model follow LeTI
 * (arXiv 2305.10314): pass or fail, and on failure what an interpreter would print, with the model's own line numbers.
 */
import { type Score, scored, unscored } from '../data/score.ts'
import { type Limits, openSandbox, type Program, type Sandbox } from '../sandbox/index.ts'
import { type CodeLanguage, codeIn, defines } from '../text/codeBlock.ts'
import { type CodeReference, codeReference } from './codeReference.ts'
import { defineReward, type Reward } from './reward.ts'
import { stdioVerdict } from './stdioCases.ts'

export interface CodeTestsOptions {
  /** The language of programs and tests. Default Python. */
  readonly language?: CodeLanguage
  /** `pass` (the default): 1 where every test holds, else 0. `share`: the part of the tests that hold. */
  readonly value?: 'pass' | 'share'
  /** Bounds for one program with its tests; 5 s, 256 MiB and 1 MiB of output unless given. */
  readonly limits?: Partial<Limits>
  /** How many programs run at once. Default: the number of processors, at most 8. */
  readonly workers?: number
}

/**
 * Scores a completion's code by the tests in `prompt.reference` (see `codeReference` for their shapes). The code is the
 * last fenced block that defines the tested function, or the whole text; with a `prompt` in the reference it may also go
 * on where that code ends. Range [0, 1]; the part `share` is the share of tests that hold; the feedback's first line is
 * the reason (wrong answer, exception, syntax error, timeout, memory, output limit, crash).
 *
 * Unscored: 'reward' for a reference without tests, 'sandbox' where the sandbox or the tests themselves failed,
 * 'deadline' where the batch was aborted. A program that hangs, floods or brings its interpreter down scores 0.
 */
export function codeTests(options: CodeTestsOptions = {}): Reward & Disposable {
  const { language = 'python', value = 'pass' } = options
  const sandbox = openSandbox(options)
  const reward = defineReward(
    'codeTests',
    async ({ prompt, completion }, signal): Promise<Score> => {
      const reference = codeReference(prompt.reference)
      if (typeof reference === 'string') return unscored('reward', `prompt '${prompt.id}': ${reference}`)
      const program = programOf(completion.text, language, reference)
      const verdict = await judge(sandbox, program, reference, signal)
      if (verdict.kind === 'broken') {
        return unscored(signal?.aborted === true ? 'deadline' : 'sandbox', verdict.reason)
      }
      if (verdict.kind === 'passed') return scored(1, { parts: { share: 1 } })
      const share = verdict.passed / verdict.total
      const feedback = `${verdict.reason}\n${verdict.feedback}`.trimEnd()
      return scored(value === 'share' ? share : 0, { parts: { share }, feedback })
    },
    { range: [0, 1] },
  )
  return { ...reward, concurrency: sandbox.workers, [Symbol.dispose]: sandbox.close }
}

function judge(sandbox: Sandbox, program: Program, reference: CodeReference, signal: AbortSignal | undefined) {
  return reference.kind === 'tests'
    ? sandbox.test(program, reference.tests, signal)
    : stdioVerdict(sandbox, program, reference.cases, signal)
}

/** The completion as a program: on its own, after the prompt's code, or as the end of the prompt's last function. */
function programOf(text: string, language: CodeLanguage, reference: CodeReference): Program {
  if (reference.kind === 'stdio') return { language, source: codeIn(text, language).code }
  const { prompt, tests } = reference
  const { code } = codeIn(text, language, tests.entry)
  if (prompt === undefined) return { language, source: code }
  const whole = tests.entry === undefined || defines(code, language, tests.entry)
  return { language, source: code, before: { code: prompt, joined: !whole } }
}
