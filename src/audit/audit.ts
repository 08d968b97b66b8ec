/** The audit: whether a reward can be trusted, probe by probe, each figure with an interval and a verdict. */
import { GuerdonError, messageOf } from '../data/error.ts'
import type { Sample } from '../data/message.ts'
import { random } from '../data/random.ts'
import { type Score, unscored } from '../data/score.ts'
import { checkedScores } from '../rewards/ask.ts'
import type { Reward } from '../rewards/reward.ts'
import { scoreAll } from '../rewards/scoreAll.ts'
import { batchInvariance } from './batchInvariance.ts'
import { calibration } from './calibration.ts'
import type { Figure } from './figure.ts'
import { formatInvariance } from './formatInvariance.ts'
import { lengthBias } from './lengthBias.ts'
import { type Limit, type Limits, usualLimits, type Verdict, verdictOf } from './limits.ts'
import { masterKeys, masterKeyTexts } from './masterKeys.ts'
import { noise } from './noise.ts'
import { nullBaselines } from './nullBaselines.ts'
import { paraphrase, paraphraseByRule } from './paraphrase.ts'
import { positionBias } from './positionBias.ts'
import { type AuditSample, type Finding, type Probe, type Subject, unscoredIn, valueIn } from './probe.ts'
import { selfConsistency } from './selfConsistency.ts'
import { sycophancy } from './sycophancy.ts'
import { verbosity } from './verbosity.ts'

/** All probes, in the order of the report. */
export const probes: readonly Probe[] = [
  ...[masterKeys, sycophancy, verbosity, lengthBias, positionBias, paraphrase, formatInvariance],
  ...[selfConsistency, noise, batchInvariance, nullBaselines, calibration],
]

export interface AuditOptions {
  /** Names of the probes to run. Default: all. */
  readonly probes?: readonly string[]
  /** Limits beside the usual ones, by `probe.figure`; undefined takes a usual one away. */
  readonly limits?: Readonly<Record<string, Limit | undefined>>
  /** A value at or above it is a success. Default: the middle of the reward's range, or of the values it gave. */
  readonly threshold?: number
  /** Most prompts that are probed, drawn with the seed. Default 200. */
  readonly prompts?: number
  /** How often the noise probe scores everything again. Default 3. */
  readonly repetitions?: number
  /** What the probe of answers that say nothing tries. Default: the ten master keys; a judge of another vocabulary needs its own. */
  readonly keys?: readonly string[]
  /** Puts an answer into other words; undefined leaves it out. Default: by rule. */
  readonly paraphrase?: Subject['paraphrase']
  /** Milliseconds one call of the reward may take. Default 60 000. */
  readonly deadlineMs?: number
  /** Draws the prompts and the bootstraps. Default 1. */
  readonly seed?: number | string
  readonly signal?: AbortSignal
  readonly onProbe?: (name: string) => void
}

export interface JudgedFigure extends Figure {
  readonly limit?: Limit
  readonly verdict?: Verdict
}

export interface AuditedProbe extends Omit<Finding, 'figures'>, Pick<Probe, 'name' | 'title' | 'question'> {
  readonly figures: readonly JudgedFigure[]
}

export interface Audit {
  readonly reward: string
  readonly prompts: number
  readonly answers: number
  readonly threshold: number
  readonly width: number
  readonly seed: number | string
  /** Answers of the data as they are that could not be scored. */
  readonly unscored: number
  readonly probes: readonly AuditedProbe[]
  /** The worst verdict of all. */
  readonly verdict: Verdict
}

/**
 * Runs the probes on a reward. `samples` are answers as the reward will see them, right and wrong ones; several to a prompt,
 * and labels, let more be asked. What a probe could not measure says why. An answer that could not be scored counts in no
 * figure, save that it is no false positive. Throws a GuerdonError where nothing could be scored at all.
 */
export async function audit(
  reward: Reward,
  samples: readonly AuditSample[],
  options: AuditOptions = {},
): Promise<Audit> {
  const { seed = 1, repetitions = 3 } = options
  const chosen = chooseProbes(options.probes)
  const limits = limitsOf(options.limits)
  const probed = drawPrompts(samples, options.prompts ?? 200, seed)
  const scores = await scoreAll(reward, probed, given(options))
  const values = scores.flatMap((score) => valueIn(score) ?? [])
  if (values.length === 0) throw nothingScored(reward, scores)
  const [low, high] = reward.range ?? [Math.min(...values), Math.max(...values)]
  const subject: Subject = {
    ...{ reward, samples: probed, scores, repetitions, seed },
    threshold: options.threshold ?? (low + high) / 2,
    width: Number.isFinite(high - low) && high > low ? high - low : 1,
    edited: (edits) => scoreEdits(reward, probed, edits, options),
    again: () => scoreAll(reward, probed, given(options)),
    together: (list) => scoreTogether(reward, list, options),
    keys: options.keys ?? masterKeyTexts,
    paraphrase: options.paraphrase ?? paraphraseByRule,
  }
  const found: AuditedProbe[] = []
  for (const probe of chosen) {
    options.signal?.throwIfAborted()
    options.onProbe?.(probe.title)
    const finding = await probe.run(subject)
    const { name, title, question } = probe
    found.push({
      ...finding,
      name,
      title,
      question,
      figures: finding.figures.map((each) => judged(name, each, limits)),
    })
  }
  options.signal?.throwIfAborted()
  return {
    ...{ reward: reward.name, threshold: subject.threshold, width: subject.width, seed },
    prompts: new Set(probed.map(({ prompt }) => prompt.id)).size,
    answers: probed.length,
    unscored: unscoredIn(scores),
    probes: found,
    verdict: worst(found.flatMap(({ figures }) => figures.flatMap(({ verdict }) => verdict ?? []))),
  }
}

function chooseProbes(names: readonly string[] | undefined): readonly Probe[] {
  if (names === undefined) return probes
  return names.map((name) => {
    const probe = probes.find((each) => each.name === name)
    if (probe !== undefined) return probe
    throw new GuerdonError(`there is no probe '${name}'`, {
      fix: `name some of ${probes.map((each) => each.name).join(', ')}`,
    })
  })
}

function limitsOf(own: AuditOptions['limits'] = {}): Limits {
  return Object.fromEntries(
    Object.entries({ ...usualLimits, ...own }).flatMap(([name, limit]) => (limit === undefined ? [] : [[name, limit]])),
  )
}

/** All answers of a seeded draw of prompts, in their order. */
function drawPrompts(samples: readonly AuditSample[], most: number, seed: number | string): readonly AuditSample[] {
  const ids = [...new Set(samples.map(({ prompt }) => prompt.id))]
  if (ids.length <= most) return samples
  const kept = new Set(random(`${seed}/prompts`).shuffle(ids).slice(0, most))
  return samples.filter(({ prompt }) => kept.has(prompt.id))
}

function given({ deadlineMs, signal }: AuditOptions) {
  return { ...(deadlineMs === undefined ? {} : { deadlineMs }), ...(signal === undefined ? {} : { signal }) }
}

async function scoreEdits(
  reward: Reward,
  samples: readonly AuditSample[],
  edits: Parameters<Subject['edited']>[0],
  options: AuditOptions,
): Promise<readonly Score[]> {
  const withText = ({ at, text }: { at: number; text: string }): Sample => {
    const { prompt, completion } = samples[at]
    // Steps are places in the old text.
    return { prompt, completion: { text, finish: completion.finish } }
  }
  if (reward.listwise !== true) {
    // Edits of one answer one after the other: a local judge reads what their prompts share only once.
    const order = [...edits.keys()].sort((a, b) => edits[a].at - edits[b].at)
    const inOrder = await scoreAll(
      reward,
      order.map((i) => withText(edits[i])),
      given(options),
    )
    const restored = new Array<Score>(edits.length)
    order.forEach((i, place) => {
      restored[i] = inOrder[place]
    })
    return restored
  }
  const groups = Map.groupBy(samples.keys(), (at) => samples[at].prompt.id)
  const scores: Score[] = []
  for (const edit of edits) {
    const group = groups.get(samples[edit.at].prompt.id) ?? []
    const changed = group.map((at) => (at === edit.at ? withText(edit) : samples[at]))
    scores.push((await scoreAll(reward, changed, given(options)))[group.indexOf(edit.at)])
  }
  return scores
}

/** One call of the reward, checked; its deadline grows with the number of answers, and it is not waited for any longer. */
async function scoreTogether(reward: Reward, samples: readonly Sample[], options: AuditOptions): Promise<Score[]> {
  const timeout = AbortSignal.timeout(Math.min(2 ** 31 - 1, (options.deadlineMs ?? 60_000) * samples.length))
  const signal = options.signal === undefined ? timeout : AbortSignal.any([timeout, options.signal])
  const late = new Promise<Score[]>((resolve) => {
    const giveUp = () => resolve(samples.map(() => unscored('deadline', `${reward.name}: ${messageOf(signal.reason)}`)))
    if (signal.aborted) giveUp()
    else signal.addEventListener('abort', giveUp, { once: true })
  })
  const answer = async () => {
    try {
      return checkedScores(await reward.score(samples, signal), samples.length, reward.name)
    } catch (thrown) {
      return samples.map(() => unscored('reward', `${reward.name} threw: ${messageOf(thrown)}`))
    }
  }
  return Promise.race([answer(), late])
}

function judged(probe: string, figure: Figure, limits: Limits): JudgedFigure {
  const name = `${probe}.${figure.name}`
  if (!Object.hasOwn(limits, name)) return figure
  return { ...figure, limit: limits[name], verdict: verdictOf(figure, limits[name]) }
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('fail')) return 'fail'
  return verdicts.includes('unsure') ? 'unsure' : 'pass'
}

function nothingScored(reward: Reward, scores: readonly Score[]): GuerdonError {
  const [first] = scores
  const reason = first?.kind === 'unscored' ? `; the first: ${first.reason}` : ''
  return new GuerdonError(`${reward.name} could score none of ${scores.length} answers${reason}`, {
    fix: 'check that the data has the prompt, the reference and the answers that the reward needs',
  })
}
