/** The companions that can be named in YAML or with a flag. Each learns with a model of its own: a copy of the policy, or one that is named. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import type { Want } from '../data/readout.ts'
import type { LoraOptions } from '../nn/lora.ts'
import { copyOf } from '../policy/local/copy.ts'
import type { LocalPolicy } from '../policy/local/local.ts'
import type { FrozenPolicy, Policy } from '../policy/policy.ts'
import type { Tokenizer } from '../text/tokenizer.ts'
import type { Companion, NamedCompanion, OpenCompanion } from '../train/companion.ts'
import { adamSchema, type CheckedConfig, loraSchema } from '../train/config.ts'
import { critic } from '../train/critic.ts'
import { implicitReward } from '../train/implicitReward.ts'
import { positive, share, whole } from '../train/schema.ts'
import { tokenRewardModel } from '../train/tokenRewardModel.ts'
import { localModel } from './openPolicy.ts'
import { choice, type Parts, part } from './parts.ts'

/** Models they name are looked for from `base` first. */
export function companionParts(base: string): Parts<NamedCompanion> {
  const model = z
    .string()
    .transform((named) => (existsSync(resolve(base, named)) ? resolve(base, named) : named))
    .optional()
  return {
    implicitReward: part(
      {
        beta: positive().optional(),
        model,
        lora: loraSchema.optional(),
        reference: z.enum(['model', 'policy']).default('model'),
        update: z.enum(['after', 'before', 'never']).optional(),
        loss: z.enum(['crossEntropy', 'dpo', 'bonAccuracy', 'bonReward']).optional(),
        adam: adamSchema(2e-3, 10),
        part: z.string().optional(),
        within: z.tuple([share(), share()]).optional(),
      },
      ({ model, lora, reference, ...options }) =>
        named('implicitReward', ['processRewards'], { model, lora, valueHead: false }, (own, start) =>
          implicitReward(own, { ...options, ...(reference === 'policy' ? { reference: start } : {}) }),
        ),
    ),
    tokenRewardModel: part(
      { model, adam: adamSchema(1e-3), part: z.string().optional(), threshold: z.number().optional() },
      ({ model, ...options }) =>
        named('tokenRewardModel', ['values'], { model, valueHead: true }, (own) => tokenRewardModel(own, options)),
    ),
    critic: part(
      {
        model,
        adam: adamSchema(1e-3),
        epochs: whole(1).optional(),
        clip: positive().optional(),
        gamma: share().optional(),
        lambda: share().optional(),
      },
      ({ model, ...options }) => named('critic', ['values'], { model, valueHead: true }, (own) => critic(own, options)),
    ),
  }
}

const isCompanion = (value: object): value is Companion => 'learn' in value && typeof value.learn === 'function'

export function companionSchema(base: string): z.ZodType<Companion | NamedCompanion> {
  return choice<Companion | NamedCompanion>('companion', companionParts(base), isCompanion)
}

/** What a credit may need of a companion, and which companions give it. */
const companionsFor = {
  values: ['a value', 'companions: [critic] for gae, [tokenRewardModel] for oreal'],
  processRewards: ['a reward', 'companions: [implicitReward]'],
} as const

/** Throws a GuerdonError where nobody gives what the credit needs, or two do. */
export function checkCompanions({ credit, companions = [] }: CheckedConfig, file: string): void {
  for (const need of ['values', 'processRewards'] as const) {
    const [what, fix] = companionsFor[need]
    const givers = companions.filter(({ gives }) => gives.includes(need)).map(({ name }) => name)
    if (givers.length > 1)
      throw new GuerdonError(`companions: '${need}' of each token are given by ${givers.join(' and by ')}`, {
        where: file,
        fix: 'leave one of them out',
      })
    if (credit.needs.includes(need) && givers.length === 0)
      throw new GuerdonError(`credit: ${credit.name} needs ${what} for each token, which nothing here gives`, {
        where: file,
        fix,
      })
  }
}

/** Those made in code as they are, the others with their models opened. What was opened is closed where one fails. */
export async function openCompanions(
  asked: readonly (Companion | NamedCompanion)[],
  ...start: Parameters<NamedCompanion['open']>
): Promise<AsyncDisposable & { readonly companions: readonly Companion[] }> {
  const opened: OpenCompanion[] = []
  const close = async () => {
    for (const each of opened) await each.close()
  }
  try {
    for (const each of asked)
      opened.push('open' in each ? await each.open(...start) : { companion: each, close: async () => undefined })
  } catch (thrown) {
    await close()
    throw thrown
  }
  return { companions: opened.map(({ companion }) => companion), [Symbol.asyncDispose]: close }
}

interface AskedModel {
  readonly model: string | undefined
  readonly lora?: LoraOptions | undefined
  readonly valueHead: boolean
}

function named(
  name: string,
  gives: readonly Want[],
  asked: AskedModel,
  make: (own: LocalPolicy, start: FrozenPolicy) => Companion,
): NamedCompanion {
  return {
    name,
    gives,
    async open(policy, seed, on) {
      const own = await openModel(name, asked, policy, { ...on, seed: `${seed}/${name}` })
      return { companion: make(own, policy.freeze()), close: () => own.close() }
    },
  }
}

type Engine = Parameters<NamedCompanion['open']>[2] & { readonly seed: string }

async function openModel(name: string, asked: AskedModel, policy: Policy, engine: Engine): Promise<LocalPolicy> {
  const { model, valueHead } = asked
  if (model === undefined) {
    if (!isLocal(policy))
      throw new GuerdonError(`companions: ${name} starts as a copy of the policy, and this one cannot be copied`, {
        fix: `name its model: { name: ${name}, model: FOLDER }`,
      })
    // A value head cannot learn beside adapters: with one the whole copy learns.
    const lora = asked.lora ?? policy.adapters()?.settings
    return copyOf(policy, { ...engine, valueHead, ...(valueHead || lora === undefined ? {} : { lora }) })
  }
  const lora = asked.lora === undefined ? {} : { lora: asked.lora }
  const opened = await localModel(model, { ...engine, ...lora })
  if (!sameTokens(opened.tokenizer, policy.tokenizer)) {
    await opened.close()
    throw new GuerdonError(`companions: ${name}: the tokens of ${model} are not those of the policy`, {
      fix: 'a model with the same tokenizer, or none: a copy of the policy',
    })
  }
  if (!valueHead || opened.config.valueHead) return opened
  const headed = copyOf(opened, { ...engine, valueHead })
  await opened.close()
  return headed
}

function isLocal(policy: Policy): policy is LocalPolicy {
  return 'weights' in policy && 'adapters' in policy
}

function sameTokens(a: Tokenizer, b: Tokenizer): boolean {
  if (a.vocabularySize !== b.vocabularySize || a.endId !== b.endId) return false
  for (let id = 0; id < a.vocabularySize; id++) if (a.tokenText(id) !== b.tokenText(id)) return false
  return true
}
