/** The shapings that can be named in YAML or with a flag. */
import { z } from 'zod'
import * as shapings from '../shaping/index.ts'
import type { Shaping } from '../shaping/shaping.ts'
import { keyed, positive, share, whole } from '../train/schema.ts'
import { choice, type Parts, part } from './parts.ts'

const flag = z.boolean().optional()
const scorePart = z.string().optional()
const optional = positive().optional()
const references = z.union([z.number(), z.literal('first'), z.strictObject({ meta: z.string() })])
const falseNegative = z.union([
  share(),
  keyed({
    share: share(),
    decay: share().optional(),
    average: z.enum(['ratio', 'counts']).optional(),
    prior: optional,
    leastAccepted: whole(1).optional(),
  }),
])
const noisy = { falsePositive: share().optional(), falseNegative, steps: flag }

export const shapingParts: Parts<Shaping> = {
  par: part({ references, slope: optional }, shapings.par),
  squash: part(
    {
      squash: z.enum(['sigmoid', 'tanh', 'polynomial']).optional(),
      references: references.optional(),
      slope: optional,
      shift: z.number().optional(),
    },
    shapings.squash,
  ),
  logSigmoid: part(
    {
      references,
      parts: z.array(z.string()).min(1).optional(),
      combine: z.enum(['and', 'or']).optional(),
      quantile: z.number().gt(0).lt(1).optional(),
    },
    shapings.logSigmoid,
  ),
  centre: part({ references }, shapings.centre),
  ceiling: part({ most: z.number() }, shapings.ceiling),
  runningZScore: part({}, () => shapings.runningZScore()),
  runningClip: part({ width: optional }, shapings.runningClip),
  runningMinMax: part({}, () => shapings.runningMinMax()),
  softOverlong: part({ most: whole(1), buffer: whole(1), weight: optional }, shapings.softOverlong),
  lengthBeyond: part({ free: whole().optional(), price: optional }, shapings.lengthBeyond),
  shortAndWrong: part({ most: optional, tau: optional, twoSided: flag, part: scorePart }, shapings.shortAndWrong),
  grpoLambda: part(
    {
      lambda: share().optional(),
      penalty: share().optional(),
      least: share().optional(),
      deviation: z.enum(['population', 'sample']).optional(),
      part: scorePart,
    },
    shapings.grpoLambda,
  ),
  clipDelta: part(
    { eta: z.union([z.number(), z.literal(false)]).optional(), delta: flag, weight: optional },
    shapings.clipDelta,
  ),
  renorm: part({ beta: optional, outcome: scorePart, perStep: flag }, shapings.renorm),
  backwardCorrection: part(noisy, shapings.backwardCorrection),
  forwardCorrection: part({ ...noisy, size: z.enum(['noisy', 'clean']).optional() }, shapings.forwardCorrection),
  scaleByMargin: part({ most: optional, rate: optional }, shapings.scaleByMargin),
  difficultyScaling: part(
    {
      similarity: scorePart,
      demonstration: z.string().optional(),
      category: z.string().optional(),
      tau: optional,
      scope: z.enum(['category', 'run']).optional(),
    },
    shapings.difficultyScaling,
  ),
}

const isShaping = (value: object): value is Shaping => 'shape' in value && typeof value.shape === 'function'

export const shapingSchema: z.ZodType<Shaping> = choice('shaping', shapingParts, isShaping)
