/**
 * Asking a reward, which may be anyone's code: whatever it does, the answer is one valid Score per sample, in order.
 * A throw, a wrong number of scores, a NaN or anything that is no Score becomes Unscored with the reason; an aborted
 * signal answers for whatever has not answered. `scoreAll` and the combinators ask through here.
 */
import { messageOf } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import { type Score, type Scored, type Unscored, unscored } from '../data/score.ts'
import type { Reward } from './reward.ts'

/**
 * One Score per sample from a reward, never a throw. Samples are asked for one by one, or prompt by prompt where the
 * reward is listwise, all at once. When `signal` aborts, samples without an answer become Unscored at 'deadline'.
 */
export async function ask(reward: Reward, samples: readonly Sample[], signal?: AbortSignal): Promise<Score[]> {
  const scores = new Array<Score>(samples.length)
  await Promise.all(
    pieces(reward, samples).map(async (piece) => {
      const answers = await askPiece(
        reward,
        piece.map((at) => samples[at]),
        signal,
      )
      piece.forEach((at, i) => {
        scores[at] = answers[i]
      })
    }),
  )
  return scores
}

/** The smallest sets of samples, as indices, that a reward can be asked about apart from the others. */
export function pieces(reward: Pick<Reward, 'listwise'>, samples: readonly Sample[]): number[][] {
  if (reward.listwise !== true) return samples.map((_, at) => [at])
  const byPrompt = new Map<string, number[]>()
  samples.forEach((sample, at) => {
    const piece = byPrompt.get(sample.prompt.id)
    if (piece === undefined) byPrompt.set(sample.prompt.id, [at])
    else piece.push(at)
  })
  return [...byPrompt.values()]
}

/**
 * Marks a reward whose `score` asks all its inner rewards through `ask`, and which so always answers once aborted.
 * It is waited for after an abort, because it still brings the scores of the samples that were quick enough.
 */
export function answersWhenAborted(reward: Reward): Reward {
  answering.add(reward)
  return reward
}
const answering = new WeakSet<Reward>()

/** Judges one sample; never throws, and its promise does not reject. */
export type Judge = (sample: Sample, signal?: AbortSignal) => Score | Promise<Score>

/** Marks a reward that can be asked for one sample without `score`: what `judge` answers is what `score` would. */
export function judgesOne(reward: Reward, judge: Judge): Reward {
  judges.set(reward, judge)
  return reward
}
const judges = new WeakMap<Reward, Judge>()

export function isPromise<T extends object | number | boolean | null>(value: T | Promise<T>): value is Promise<T> {
  return typeof value === 'object' && value !== null && 'then' in value
}

/** What a reward answered for `expected` samples, checked; `answer` may be anything. */
export function checkedScores(answer: unknown, expected: number, name: string): Score[] {
  if (!Array.isArray(answer)) return all(expected, unscored('reward', `${name} returned ${show(answer)}, not a list`))
  if (answer.length !== expected) {
    return all(expected, unscored('reward', `${name} returned ${answer.length} scores for ${expected} samples`))
  }
  const checked = new Array<Score>(expected)
  // By index, because map would leave the holes of a sparse array unchecked.
  for (let i = 0; i < expected; i++) checked[i] = checkedScore(answer[i], name)
  return checked
}

function all(count: number, score: Score): Score[] {
  return new Array<Score>(count).fill(score)
}

async function askPiece(reward: Reward, samples: readonly Sample[], signal?: AbortSignal): Promise<Score[]> {
  if (signal?.aborted) return all(samples.length, late(reward, signal))
  if (signal === undefined || answering.has(reward)) return answerOf(reward, samples, signal)
  return new Promise((resolve) => {
    // Listens before it asks: the reward itself may be what aborts.
    const giveUp = () => resolve(all(samples.length, late(reward, signal)))
    signal.addEventListener('abort', giveUp, { once: true })
    void Promise.resolve(answerOf(reward, samples, signal)).then((scores) => {
      signal.removeEventListener('abort', giveUp)
      resolve(scores)
    })
  })
}

/**
 * What a reward answers for samples that it must be asked about in one call: one of the `pieces`. At once where one sample
 * is judged at once (promises would take longer than a short reward does); else it may take for ever.
 */
export function answerOf(reward: Reward, samples: readonly Sample[], signal?: AbortSignal): Score[] | Promise<Score[]> {
  const judge = samples.length === 1 ? judges.get(reward) : undefined
  if (judge !== undefined) {
    const answer = judge(samples[0], signal)
    if (!isPromise(answer)) return [checkedScore(answer, reward.name)]
    return answer.then((score) => [checkedScore(score, reward.name)])
  }
  const fault = (thrown: unknown) =>
    all(samples.length, unscored('reward', `${reward.name} threw: ${messageOf(thrown)}`))
  try {
    // Rewards come in JavaScript too, where one may answer without a promise.
    const answer = Promise.resolve(reward.score(samples, signal))
    return answer.then((scores) => checkedScores(scores, samples.length, reward.name), fault)
  } catch (thrown) {
    return Promise.resolve(fault(thrown))
  }
}

function late(reward: Reward, signal: AbortSignal): Unscored {
  return unscored('deadline', `${reward.name}: ${messageOf(signal.reason)}`)
}

const PLACES: readonly unknown[] = ['reward', 'judge', 'sandbox', 'network', 'deadline']

function checkedScore(score: unknown, name: string): Score {
  const wrong = (what: string) => unscored('reward', `${name} returned ${what}`)
  if (isUnscored(score)) return score
  if (!isObject(score) || score.kind !== 'scored') return wrong(`${show(score)}, which is not a Score`)
  if (!Number.isFinite(score.value)) return wrong(`the value ${show(score.value)}, which is not a finite number`)
  const { parts, feedback, confidence } = score
  if (parts !== undefined) {
    if (!isObject(parts)) return wrong(`parts that are ${show(parts)}, not named numbers`)
    const bad = Object.keys(parts).find((key) => !Number.isFinite(parts[key]))
    if (bad !== undefined) return wrong(`the part '${bad}' as ${show(parts[bad])}, which is not a finite number`)
  }
  const fault = denseFault('steps', score.steps) ?? denseFault('tokens', score.tokens)
  if (fault !== undefined) return wrong(fault)
  if (feedback !== undefined && typeof feedback !== 'string')
    return wrong(`feedback that is ${show(feedback)}, not text`)
  if (confidence !== undefined && !(typeof confidence === 'number' && confidence >= 0 && confidence <= 1)) {
    return wrong(`the confidence ${show(confidence)}, which is not in [0, 1]`)
  }
  return isScored(score) ? score : wrong('no Score')
}

function denseFault(key: string, dense: unknown): string | undefined {
  if (dense === undefined) return undefined
  if (!(dense instanceof Float32Array)) return `${key} that are not a Float32Array`
  return dense.every(Number.isFinite) ? undefined : `${key} that are not all finite numbers`
}

// The checks of checkedScore stand before this call; the predicate only tells the compiler what they found.
function isScored(score: object): score is Scored {
  return 'value' in score
}

function isUnscored(score: unknown): score is Unscored {
  return isObject(score) && score.kind === 'unscored' && PLACES.includes(score.at) && typeof score.reason === 'string'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.slice(0, 40)}'`
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'bare'} object` : String(value)
}
