/** The rewards that can be named on a command line or in YAML, with their options. */
import { z } from 'zod'
import { messageOf } from '../data/error.ts'
import * as rewards from '../rewards/index.ts'
import type { Reward } from '../rewards/reward.ts'
import { positive, share, whole } from '../train/schema.ts'
import { choice, type Part, type Parts, part } from './parts.ts'

/** A reward as it is written: see `choice`. */
export const rewardChoice: z.ZodType<Reward> = z.lazy(() => choice('reward', rewardParts, isReward))

const flag = z.boolean().optional()
const text = z.string()
const tokeniser = z.enum(['13a', 'intl', 'char', 'none']).optional()
const severalRewards = z.tuple([rewardChoice], rewardChoice)

/** /source/flags, or the bare source. */
const regex = z.string().transform((written, context) => {
  const parts = /^\/(.+)\/([a-z]*)$/s.exec(written)
  try {
    return parts === null ? new RegExp(written) : new RegExp(parts[1], parts[2])
  } catch (thrown) {
    context.addIssue({ code: 'custom', message: messageOf(thrown) })
    return z.NEVER
  }
})

export const rewardParts: Parts<Reward> = {
  numericMatch: part(
    {
      from: z.enum(['last', 'boxed', 'marker']).optional(),
      marker: text.optional(),
      tolerance: z.number().min(0).optional(),
    },
    rewards.numericMatch,
  ),
  mathEqual: part({ tolerance: z.number().min(0).optional() }, rewards.mathEqual),
  exactMatch: part({ trim: flag, ignoreCase: flag }, rewards.exactMatch),
  normalisedMatch: part({}, () => rewards.normalisedMatch()),
  multipleChoice: part(
    { partial: z.enum(['subset', 'jaccard', 'none']).optional(), last: text.optional() },
    rewards.multipleChoice,
  ),
  codeTests: part(
    { language: z.enum(['python', 'javascript']).optional(), value: z.enum(['pass', 'share']).optional() },
    rewards.codeTests,
  ),
  regexFormat: part({ regex }, (options) => rewards.regexFormat(options.regex)),
  lengthBetween: part(
    { low: whole(), high: whole(), unit: z.enum(['characters', 'words']).optional() },
    ({ low, high, unit }) => rewards.lengthBetween(low, high, { unit }),
  ),
  language: part({ wanted: text.optional() }, ({ wanted }) => rewards.language(wanted)),
  repetition: part({ n: whole(1).optional(), tokenise: tokeniser }, rewards.repetition),
  jsonSchema: part(
    { place: z.enum(['anywhere', 'whole']).optional(), schema: z.record(z.string(), z.json()).optional() },
    rewards.jsonSchema,
  ),
  toolCallMatch: part(
    { order: z.enum(['any', 'same']).optional(), credit: z.enum(['all', 'share']).optional() },
    rewards.toolCallMatch,
  ),
  instructions: part(
    {
      credit: z.enum(['share', 'all']).optional(),
      loose: flag,
      wanted: z.array(z.object({ id: text }).catchall(z.json())).optional(),
    },
    rewards.instructions,
  ),
  bleu: part(
    {
      tokenise: tokeniser,
      lowercase: flag,
      smoothing: z.enum(['exp', 'floor', 'add-k', 'none']).optional(),
      smoothValue: z.number().optional(),
      maxOrder: whole(1).optional(),
    },
    rewards.bleu,
  ),
  bleuberi: part({ maxOrder: whole(1).optional(), minReferenceTokens: whole().optional() }, rewards.bleuberi),
  chrf: part(
    {
      characterOrder: whole(1).optional(),
      wordOrder: whole().optional(),
      beta: positive().optional(),
      lowercase: flag,
    },
    rewards.chrf,
  ),
  rougeL: part({ tokenise: z.enum(['rouge', '13a', 'intl', 'char', 'none']).optional() }, rewards.rougeL),
  tokenF1: part({}, () => rewards.tokenF1()),
  editSimilarity: part({ unit: z.enum(['characters', 'words']).optional() }, rewards.editSimilarity),
  chartTolerance: part({ tolerance: share().optional(), continuous: flag }, rewards.chartTolerance),
  iou: part({ threshold: share().optional() }, rewards.iou),
  rubric: part({ file: text }, ({ file }): Reward => rewards.rubricFile(file)),
  inTag: part(
    { tag: text, reward: rewardChoice, missing: z.enum(['zero', 'whole']).optional() },
    ({ tag, reward, missing }) => rewards.inTag(tag, reward, { missing }),
  ),
  gate: part(
    { condition: rewardChoice, reward: rewardChoice, threshold: z.number().optional() },
    ({ condition, reward, threshold }) => rewards.gate(condition, reward, { threshold }),
  ),
  weigh: {
    keys: ['<part>=[weight, reward], ...'],
    schema: z.record(z.string(), z.tuple([z.number(), rewardChoice])).transform(rewards.weigh),
  },
  hybrid: part(
    {
      rule: rewardChoice,
      model: rewardChoice,
      verifiable: text.optional(),
      confidence: share().optional(),
      mode: z.enum(['switch', 'blend']).optional(),
      squash: z.enum(['sigmoid', 'clip', 'none']).optional(),
    },
    rewards.hybrid,
  ),
  appeals: part(
    { rule: rewardChoice, second: rewardChoice, share: share().optional(), relabel: flag },
    ({ rule, second, ...options }) => rewards.appeals(rule, second, options),
  ),
  byType: {
    keys: ['<kind>=reward, ...'],
    schema: z.record(z.string(), rewardChoice).transform((kinds) => rewards.byType(kinds)),
  },
  firstOf: combined(rewards.firstOf),
  min: combined(rewards.min),
  product: combined(rewards.product),
  zScoreMean: combined(rewards.zScoreMean),
}

/** A combination of any number of rewards: the option `rewards`, a list. */
function combined(combine: (...list: readonly [Reward, ...Reward[]]) => Reward): Part<Reward> {
  return { ...part({ rewards: severalRewards }, ({ rewards: list }) => combine(...list)), rest: true }
}

export function isReward(value: object): value is Reward {
  return 'name' in value && 'score' in value && typeof value.score === 'function'
}
