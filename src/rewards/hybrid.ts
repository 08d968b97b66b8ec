/**
 * HARMO's hybrid accuracy, "Beyond Monolithic Rewards" (2025, arXiv 2510.05283): a rule where the answer can be verified,
 * a model where it cannot,
 *
 *     switch:  R_rule where the item is verifiable and the rule sure enough, else R_model
 *     blend:   c R_rule + (1 - c) R_model        c the rule's confidence
 */
import { type Score, scored, unscored } from '../data/score.ts'
import { ask } from './ask.ts'
import { combination, kept, knownRanges } from './combine.ts'
import type { Reward } from './reward.ts'

export interface HybridOptions {
  readonly rule: Reward
  readonly model: Reward
  /** The prompt's `meta` key that says whether the rule applies. Default: it applies wherever it can score. */
  readonly verifiable?: string
  /** 'switch': below this confidence the model decides; a rule that states none is sure. Default 0. */
  readonly confidence?: number
  /** Default 'switch'. */
  readonly mode?: 'switch' | 'blend'
  /**
   * What the model's score is put through, so that a scale of plus and minus 20 does not swamp 0 and 1: 'sigmoid', 'clip' (to
   * [0, 1]) or 'none'. Default 'none'.
   */
  readonly squash?: 'sigmoid' | 'clip' | 'none'
}

/**
 * The rule's value or the model's, with `parts` rule, model (those that were asked) and byRule (the rule's share in the value).
 * The model is asked only about what the rule leaves open, in a blend about every answer whose rule is not wholly sure.
 * Unscored where the one that must decide could not.
 */
export function hybrid(options: HybridOptions): Reward {
  const { rule, model, verifiable, confidence = 0, mode = 'switch', squash = 'none' } = options
  const inner = [
    { name: 'rule', reward: rule },
    { name: 'model', reward: model },
  ]
  const ranges = knownRanges(inner)
  const range = ranges && squash === 'none' ? span(ranges) : undefined
  return combination('hybrid', inner, range, async (samples, signal) => {
    const applies = samples.map(({ prompt }) => verifiable === undefined || prompt.meta?.[verifiable] === true)
    const rules = await askSome(rule, samples, applies, signal)
    // How much of the value is the rule's.
    const shares = rules.map((score) => {
      if (score?.kind !== 'scored') return 0
      const sure = score.confidence ?? 1
      if (mode === 'blend') return sure
      return sure >= confidence ? 1 : 0
    })
    const models = await askSome(
      model,
      samples,
      shares.map((share) => share < 1),
      signal,
    )
    return samples.map((_, at): Score => {
      const byRule = shares[at]
      const judged = models[at]
      if (judged?.kind === 'unscored') {
        const first = rules[at]
        const also = first?.kind === 'unscored' ? `rule: ${first.reason}; ` : ''
        return unscored(judged.at, `${also}model: ${judged.reason}`)
      }
      const checked = rules[at]?.kind === 'scored' ? rules[at] : undefined
      const value = byRule * (checked?.value ?? 0) + (1 - byRule) * squashes[squash](judged?.value ?? 0)
      const used = [...(checked ? [['rule', checked] as const] : []), ...(judged ? [['model', judged] as const] : [])]
      const { parts, ...rest } = kept(used)
      return scored(value, { ...rest, parts: { ...parts, byRule } })
    })
  })
}

const squashes = {
  sigmoid: (value: number) => 1 / (1 + Math.exp(-value)),
  clip: (value: number) => Math.max(0, Math.min(1, value)),
  none: (value: number) => value,
}

function span(ranges: readonly (readonly [number, number])[]): readonly [number, number] {
  return [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))]
}

/** Scores of the wanted samples at their places; a listwise reward sees all of a prompt that has any. */
async function askSome(
  reward: Reward,
  samples: Parameters<Reward['score']>[0],
  wanted: readonly boolean[],
  signal: AbortSignal | undefined,
): Promise<(Score | undefined)[]> {
  const prompts = new Set(samples.flatMap(({ prompt }, at) => (wanted[at] ? prompt.id : [])))
  const asked = samples.flatMap(({ prompt }, at) =>
    wanted[at] || (reward.listwise === true && prompts.has(prompt.id)) ? at : [],
  )
  const scores = await ask(
    reward,
    asked.map((at) => samples[at]),
    signal,
  )
  const byIndex = new Map(asked.map((at, i) => [at, scores[i]]))
  return samples.map((_, at) => (wanted[at] ? byIndex.get(at) : undefined))
}
