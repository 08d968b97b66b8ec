/** A rubric's file as a reward, with the judge that it names. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, resolve } from 'node:path'
import { GuerdonError } from '../../data/error.ts'
import type { Judge } from '../../judge/judge.ts'
import { llamaCpp } from '../../judge/llamaCpp.ts'
import { openaiCompatible } from '../../judge/openaiCompatible.ts'
import { withCache } from '../../judge/withCache.ts'
import { withConcurrency } from '../../judge/withConcurrency.ts'
import { withDeadline } from '../../judge/withDeadline.ts'
import { withRateLimit } from '../../judge/withRateLimit.ts'
import { withRetries } from '../../judge/withRetries.ts'
import type { Reward } from '../reward.ts'
import { type Rubric, readRubric } from './rubric.ts'
import { rubricReward } from './rubricReward.ts'

/** Close it when done: an embedded model holds memory. */
export interface RubricFileReward extends Reward, AsyncDisposable {
  readonly rubric: Rubric
  readonly judge: Judge
  close(): Promise<void>
}

/**
 * The reward that a rubric file describes (see `readRubric` and `rubricReward`). An embedded model is loaded when it is first
 * asked; a server is asked again after failures that may pass, a late answer among them. Files it names are looked for beside it, `~` is the home
 * folder. Throws a GuerdonError for a rubric that cannot be read, a model that is not there, or a key that is not set.
 */
export function rubricFile(file: string): RubricFileReward {
  const rubric = readRubric(file)
  const place = (path: string) => resolve(dirname(file), path.replace(/^~(?=\/)/, homedir()))
  const asked = 'gguf' in rubric.judge ? embeddedJudge(rubric.judge, place, file) : servedJudge(rubric.judge, file)
  const judge = rubric.cache === undefined ? asked : withCache(asked, place(rubric.cache))
  const close = async () => judge.close?.()
  return {
    ...rubricReward(rubric, judge),
    concurrency: 'gguf' in rubric.judge ? 1 : rubric.judge.concurrency,
    rubric,
    judge,
    close,
    [Symbol.asyncDispose]: close,
  }
}

type Served = Extract<Rubric['judge'], { readonly model: string }>
type Embedded = Extract<Rubric['judge'], { readonly gguf: string }>

function servedJudge({ apiKeyEnv, concurrency, requestsPerMinute, deadline, ...server }: Served, file: string): Judge {
  const apiKey = apiKeyEnv === undefined ? undefined : process.env[apiKeyEnv]
  if (apiKeyEnv !== undefined && (apiKey === undefined || apiKey === ''))
    throw new GuerdonError(`the environment variable ${apiKeyEnv} is not set`, {
      where: `${file}: judge.apiKeyEnv`,
      fix: `export ${apiKeyEnv}=...`,
    })
  const { structured, ...address } = server
  const plain = openaiCompatible({
    ...address,
    ...(structured === undefined ? {} : { structured }),
    ...(apiKey === undefined ? {} : { apiKey }),
  })
  // Innermost: to wait for a place is nobody's lateness.
  const timely = withDeadline(plain, deadline)
  const limited = requestsPerMinute === undefined ? timely : withRateLimit(timely, { requestsPerMinute })
  return withRetries(withConcurrency(limited, concurrency))
}

function embeddedJudge({ gguf, threads, deadline }: Embedded, place: (path: string) => string, file: string): Judge {
  const modelPath = place(gguf)
  if (!existsSync(modelPath))
    throw new GuerdonError(`there is no model at ${modelPath}`, {
      where: `${file}: judge.gguf`,
      fix: 'give the path of a GGUF file, from the rubric or with ~',
    })
  let opened: Promise<Judge> | undefined
  const load = async () =>
    withDeadline(await llamaCpp({ modelPath, ...(threads === undefined ? {} : { threads }) }), deadline)
  const open = () => (opened ??= load())
  const judge: Judge = {
    name: gguf,
    identity: `gguf ${modelPath}`,
    ask: async (question, signal) => (await open()).ask(question, signal),
    async logprobs(question, choices, signal) {
      const judge = await open()
      if (judge.logprobs === undefined) throw new GuerdonError(`the judge '${judge.name}' gives no log-probabilities`)
      return judge.logprobs(question, choices, signal)
    },
    close: async () => (await opened)?.close?.(),
  }
  return withConcurrency(judge, 1)
}
