/** The reward: samples in, scores out. Everything in this room is one, and so is any function a user writes. */
import { messageOf } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import { type Score, scored, unscored } from '../data/score.ts'
import { isPromise, type Judge, judgesOne } from './ask.ts'

/**
 * Scores samples. The answer has the same length and order as `samples`, which come grouped by prompt (a listwise
 * reward finds its group by `prompt.id`). `signal` is aborted when the batch's deadline has passed.
 */
export interface Reward {
  readonly name: string
  /** The least and the greatest value it gives, where known. */
  readonly range?: readonly [number, number]
  /**
   * True for a reward that must see all samples of a prompt in one call, because it compares them or scores them in one
   * pass. Any other may be asked for one sample at a time, so that one that hangs is lost alone.
   */
  readonly listwise?: boolean
  /** The most calls of `score` it can work on at once, where it has a limit: more would only wait inside their deadline. */
  readonly concurrency?: number
  score(samples: readonly Sample[], signal?: AbortSignal): Promise<readonly Score[]>
}

/** What a reward function may answer: a number, a whole Score, or null for "cannot say". */
export type Verdict = number | boolean | Score | null

/**
 * A reward from a function of one sample, sync or async. A thrown error, a NaN or a null becomes Unscored for that
 * sample alone; the rest of the batch goes on.
 */
export function defineReward(
  name: string,
  judge: (sample: Sample, signal?: AbortSignal) => Verdict | Promise<Verdict>,
  options: { readonly range?: readonly [number, number] } = {},
): Reward {
  const fault = (thrown: unknown) => unscored('reward', `${name} threw: ${messageOf(thrown)}`)
  const one: Judge = (sample, signal) => {
    try {
      const verdict = judge(sample, signal)
      // A verdict that is there is not waited for: the promises would take longer than a short reward does.
      return isPromise(verdict) ? Promise.resolve(verdict).then(toScore).catch(fault) : toScore(verdict)
    } catch (thrown) {
      return fault(thrown)
    }
  }
  const reward: Reward = {
    name,
    ...(options.range === undefined ? {} : { range: options.range }),
    async score(samples, signal) {
      const scores: Score[] = []
      const answers = samples.map((sample) => one(sample, signal))
      for (const answer of answers) scores.push(isPromise(answer) ? await answer : answer)
      return scores
    },
  }
  return judgesOne(reward, one)
}

function toScore(verdict: Verdict): Score {
  if (verdict === null) return unscored('reward', 'the reward abstained')
  if (typeof verdict === 'boolean') return scored(verdict ? 1 : 0)
  if (typeof verdict === 'number') return scored(verdict)
  return verdict.kind === 'scored' && !Number.isFinite(verdict.value) ? scored(verdict.value) : verdict
}
