/** `guerdon serve`: a reward over HTTP. */
import { InvalidArgumentError } from 'commander'
import { GuerdonError } from '../data/error.ts'
import { type ApiKey, environmentKeys, readKeys } from '../server/keys.ts'
import { jsonLog } from '../server/log.ts'
import { type RewardServer, serve } from '../server/serve.ts'
import type { DefineCommand } from './commands.ts'
import { type ExitCode, exitCodes, input } from './ending.ts'
import { onInterrupt } from './interrupt.ts'
import { asksJudge, loadError, rewardAddress } from './isolatedReward.ts'
import { numberAbove, wholeNumber } from './options.ts'

interface ServeOptions {
  readonly reward?: string
  readonly host: string
  readonly port: number
  readonly workers?: number
  readonly deadline?: number
  readonly requestDeadline?: number
  readonly inFlight?: number
  readonly queue?: number
  readonly bodyLimit?: number
  readonly memory?: number
  readonly keys?: string
  readonly unscored?: number
  readonly drain: number
  readonly accessLog?: boolean
  readonly json?: boolean
}

/** Where API keys may stand instead of in a file. */
const keysVariable = 'GUERDON_API_KEYS'

export const define: DefineCommand = (command, run) => {
  command
    .description(
      'Serves a reward over HTTP, in the shapes that OpenRLHF, veRL and TRL call. The reward runs in processes of its ' +
        'own: one that hangs is killed at its deadline and its sample is unscored, one that dies loses no request. ' +
        'Listens on this machine alone unless told otherwise.',
    )
    .option(
      '-r, --reward <reward>',
      'a name with options, numericMatch(marker=A:), or a file that exports one, ./reward.ts',
    )
    .option('--host <address>', 'where to listen; 0.0.0.0 lets other machines in', '127.0.0.1')
    .option('--port <n>', '0 takes a free one', wholeNumber(), 5000)
    .option('--workers <n>', 'scoring processes (default: one less than the processor has)', wholeNumber(1))
    .option(
      '--deadline <ms>',
      'milliseconds for one answer (default: 10000; 60000 where a judge is asked)',
      numberAbove(),
    )
    .option('--request-deadline <ms>', 'milliseconds for one request (default: 150000)', numberAbove())
    .option('--in-flight <n>', 'requests that one process works on at once (default: 64)', wholeNumber(1))
    .option('--queue <n>', 'requests that wait at most; more are refused with 503 (default: 1024)', wholeNumber(1))
    .option('--body-limit <mb>', 'megabytes of one request (default: 16)', numberAbove())
    .option('--memory <mb>', 'heap of each scoring process in megabytes (default: 512)', wholeNumber(16))
    .option('--keys <file>', `JSON with API keys: { "name": "key" }; or set ${keysVariable}`)
    .option(
      '--unscored <value>',
      'stands for "no score" where a caller must have a number (default: the least there is)',
      anyNumber,
    )
    .option('--drain <ms>', 'milliseconds to answer what was accepted after SIGTERM or Ctrl-C', numberAbove(), 30_000)
    .option('--access-log', 'log every request, not only those that failed')
    .option('--json', 'print one line of JSON when it listens')
    .addHelpText(
      'after',
      `
Examples:
  guerdon serve --reward 'numericMatch(from=boxed)'
  guerdon serve --reward ./reward.ts --host 0.0.0.0 --keys keys.json --deadline 2000
  curl localhost:5000/score -d '{"samples": [{"prompt": "2 + 2?", "completion": "4", "reference": "4"}]}'

Routes: /score /rank /stream, /get_reward (OpenRLHF), /verl, /trl, /classify (vLLM), /promptfoo; /health, /metrics,
/openapi.json. Logs are lines of JSON on stderr.`,
    )
    .action((options: ServeOptions) => run(served(options)))
}

async function served(options: ServeOptions): Promise<ExitCode> {
  const log = jsonLog((line) => process.stderr.write(line))
  const keys = await input(() => givenKeys(options))
  if (!isLoopback(options.host) && keys.length === 0)
    log('warn', 'open', {
      host: options.host,
      message: `whoever reaches this address may ask; set --keys or ${keysVariable}`,
    })
  const server = await input(() => started(options, keys, log))
  log('info', 'listening', { url: server.url, reward: server.reward.name, keys: keys.map(({ name }) => name) })
  process.stdout.write(options.json === true ? `${JSON.stringify(server)}\n` : greeting(server, options.host))
  using interrupt = onInterrupt((message) => log('info', 'draining', { message }), 'answering what was accepted')
  await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve))
  const whole = await server.drain(options.drain)
  log(whole ? 'info' : 'warn', 'stopped', { unanswered: !whole })
  return whole ? exitCodes.ok : exitCodes.failed
}

async function started(
  options: ServeOptions,
  keys: readonly ApiKey[],
  log: ReturnType<typeof jsonLog>,
): Promise<RewardServer> {
  const { reward, bodyLimit } = options
  if (reward === undefined)
    throw new GuerdonError('which reward?', {
      where: '--reward',
      fix: '--reward numericMatch, or --reward ./reward.ts',
    })
  const { address, file } = rewardAddress(reward)
  try {
    return await serve(address, {
      host: options.host,
      port: options.port,
      workers: options.workers,
      deadlineMs: options.deadline ?? (asksJudge(reward) ? 60_000 : undefined),
      requestMs: options.requestDeadline,
      inFlight: options.inFlight,
      queueLimit: options.queue,
      bodyBytes: bodyLimit === undefined ? undefined : Math.ceil(bodyLimit * 2 ** 20),
      memoryMb: options.memory,
      keys,
      unscoredValue: options.unscored,
      log,
      accessLog: options.accessLog,
    })
  } catch (thrown) {
    throw thrown instanceof GuerdonError && thrown.where === 'the reward' ? loadError(thrown, file) : thrown
  }
}

function givenKeys({ keys }: ServeOptions): ApiKey[] {
  const variable = process.env[keysVariable]
  if (keys !== undefined) return readKeys(keys)
  return variable === undefined || variable === '' ? [] : environmentKeys(variable, keysVariable)
}

function isLoopback(host: string): boolean {
  return /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)
}

function greeting({ url, reward }: RewardServer, host: string): string {
  const who = isLoopback(host) ? 'this machine alone may ask; --host 0.0.0.0 lets others in' : 'other machines may ask'
  return `${reward.name} on ${url} (${who})\n`
}

function anyNumber(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Expected a number.')
}
