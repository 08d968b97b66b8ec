/**
 * A reward behind HTTP: requests a second and their latency with 16 connections and 8 answers a request, client and server
 * on the same machine, beside FastAPI with one uvicorn worker, uvloop and httptools ($GUERDON_PYTHON or python3; left out
 * where they are not installed) and beside node:http alone. Also where the reward takes 50 ms, and where one request in 200
 * holds an answer that never comes, with a deadline of one second. Sides take turns; their answers are compared before
 * anything is measured. The load comes from wrk where it is installed; but where requests wait for a deadline from
 * serverLoad.ts, because wrk's latencies count the requests that a waiting connection would have sent meanwhile.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { z } from 'zod'
import { pythonWith, quartiles, requireQuiet, shown, side } from './measure.ts'
import { loadResult } from './serverLoad.ts'
import { installedWrk, wrkLoad } from './wrk.ts'

type Result = z.output<typeof loadResult>

const connections = 16
const answers = 8
/** GUERDON_BENCH_SECONDS shortens a trial run. */
const seconds = Number(process.env.GUERDON_BENCH_SECONDS ?? 4)
const rounds = Number(process.env.GUERDON_BENCH_ROUNDS ?? 5)
const deadlineMs = 1000

interface Peer {
  readonly name: string
  readonly port: number
}

/** A table in Markdown; about five minutes. */
export async function serverBench(anyway: boolean): Promise<string> {
  const python = await pythonWith(['fastapi', 'uvicorn', 'uvloop', 'httptools'])
  const wrk = await installedWrk()
  await using load = side(process.execPath, [...process.execArgv, join(import.meta.dirname, 'serverLoad.ts')])
  const rows: string[] = []
  const scenes = [
    { title: 'a regular expression, long answers', kind: 'regex', bodies: bodies(long, 8), from: wrk },
    { title: 'a regular expression, short answers', kind: 'regex', bodies: bodies(short, 8), from: wrk },
    { title: 'the first after 50 ms', kind: 'wait', bodies: bodies(long, 8), from: wrk },
    { title: '1 request in 200 holds an answer that never comes', kind: 'hang', bodies: bodies(long, 200, 0) },
    { title: '1 request in 200 holds an endless loop', kind: 'loop', bodies: bodies(long, 200, 0) },
  ]
  for (const { title, kind, bodies: sent, from } of scenes) {
    await using peers = await started(kind, kind === 'regex', kind === 'loop' ? undefined : python)
    const ask = (peer: Peer, bodies: readonly string[], time: number): Promise<Result> => {
      const order = { port: peer.port, path: '/get_reward', bodies, connections, seconds: time }
      return from === undefined ? load.ask(order, loadResult) : wrkLoad(from, order)
    }
    await requireEqual(peers.list, bodies(long, 8))
    for (const peer of peers.list) await ask(peer, sent, Math.min(2 * seconds, 8))
    await requireQuiet(anyway)
    const results = new Map(peers.list.map((peer) => [peer, [] as Result[]]))
    for (let round = 0; round < rounds; round++)
      for (const [peer, list] of results) list.push(await ask(peer, sent, seconds))
    for (const [{ name }, list] of results) rows.push(`| ${title} | ${name} | ${figures(list)} |`)
  }
  return [
    `| reward, ${answers} answers a request, ${connections} connections | server | requests/s | p50 ms | p99 ms | failed |`,
    '|---|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

function figures(list: readonly Result[]): string {
  const over = (read: (result: Result) => number, digits: number) => shown(quartiles(list.map(read)), digits)
  const failed = list.reduce((sum, result) => sum + result.failed, 0)
  return [over((each) => each.perSecond, 0), over((each) => each.p50, 2), over((each) => each.p99, 2), failed].join(
    ' | ',
  )
}

interface Texts {
  readonly prompt: string
  /** How every answer begins. */
  readonly start: string
  readonly end: string
}

const long: Texts = {
  prompt:
    '<|im_start|>user\nA train goes 60 miles an hour for 3 hours. How far does it go?<|im_end|>\n<|im_start|>assistant\n',
  start:
    'It goes sixty miles in each of the three hours, which makes three times sixty miles in all, and so the answer is ',
  end: '<|im_end|>',
}
const short: Texts = { prompt: 'How much is 90 times 2?', start: 'That makes ', end: '' }

/** The bodies of some requests in OpenRLHF's format; the one at `hanging` holds an answer that does not come. */
function bodies({ prompt, start, end }: Texts, count: number, hanging?: number): string[] {
  return Array.from({ length: count }, (_, request) => {
    const query = Array.from({ length: answers }, (_, i) => {
      const answer = request === hanging && i === 3 ? '[hang]' : (request + i) % 2 === 0 ? '#### 180' : 'eighty'
      return prompt + start + answer + end
    })
    return JSON.stringify({ query, prompts: query.map(() => prompt), labels: query.map(() => '180') })
  })
}

async function requireEqual(peers: readonly Peer[], sent: readonly string[]): Promise<void> {
  for (const body of sent.slice(0, 4)) {
    const values = await Promise.all(peers.map(({ port }) => answerOf(port, body)))
    if (new Set(values).size > 1) throw new Error(`the servers answer differently: ${values.join('  ')}`)
  }
}

async function answerOf(port: number, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`http://127.0.0.1:${port}/get_reward`, { method: 'POST', headers, body })
  return JSON.stringify(await response.json())
}

interface Peers extends AsyncDisposable {
  readonly list: readonly Peer[]
}

/** Each server as its users start it, in a process of its own. */
async function started(kind: string, bare: boolean, python: string | undefined): Promise<Peers> {
  const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')
  const reward = `${join(import.meta.dirname, 'serverReward.ts')}#${kind}`
  const node = (...args: readonly string[]) => spawn(process.execPath, [...process.execArgv, ...args], quiet)
  const flags = ['--port', '0', '--json', '--deadline', String(deadlineMs), '--workers', '1']
  const children: [string, ChildProcess][] = [['Guerdon', node(main, 'serve', '--reward', reward, ...flags)]]
  if (python !== undefined) {
    const file = join(import.meta.dirname, 'python', 'fastapi_server.py')
    children.push(['FastAPI, uvicorn', spawn(python, [file, kind], quiet)])
  }
  if (bare) children.push(['node:http alone', node(join(import.meta.dirname, 'serverBare.ts'))])
  const list = await Promise.all(children.map(async ([name, child]) => ({ name, port: await portOf(child) })))
  return {
    list,
    async [Symbol.asyncDispose]() {
      await Promise.all(
        children.map(async ([, child]) => {
          const gone = once(child, 'exit')
          child.kill('SIGTERM')
          await gone
        }),
      )
    },
  }
}

const quiet: SpawnOptions = { stdio: ['ignore', 'pipe', 'ignore'] }

/** What a server says first: its port, or JSON with its address. */
async function portOf(child: ChildProcess): Promise<number> {
  if (child.stdout === null) throw new Error('a server without an output')
  const [bytes] = await once(child.stdout, 'data')
  const said = String(bytes)
  return said.startsWith('{') ? Number(new URL(JSON.parse(said).url).port) : Number(said)
}
