/**
 * Load from wrk, where it is installed (`wrk`, or the program that $GUERDON_WRK names): written in C, it takes a third of the
 * processor that a generator in JavaScript takes from the server beside it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { z } from 'zod'
import { type loadCommand, loadResult } from './serverLoad.ts'

/** Its name, or undefined where there is none. */
export async function installedWrk(): Promise<string | undefined> {
  const wrk = process.env.GUERDON_WRK ?? 'wrk'
  const child = spawn(wrk, ['--version'], { stdio: 'ignore' })
  return new Promise((resolve) => child.once('error', () => resolve(undefined)).once('exit', () => resolve(wrk)))
}

/** What serverLoad.ts does, on one thread of wrk's. */
export async function wrkLoad(
  wrk: string,
  { port, path, bodies, connections, seconds }: z.output<typeof loadCommand>,
): Promise<z.output<typeof loadResult>> {
  const folder = await mkdtemp(join(tmpdir(), 'guerdon-wrk-'))
  try {
    const file = join(folder, 'load.lua')
    await writeFile(file, script(path, bodies))
    const args = ['-t1', `-c${connections}`, `-d${Math.ceil(seconds)}s`, '--timeout', '60s', '-s', file]
    const child = spawn(wrk, [...args, `http://127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] })
    let said = ''
    child.stdout.on('data', (bytes: Buffer) => {
      said += bytes
    })
    await once(child, 'close')
    return loadResult.parse(JSON.parse(said.slice(said.indexOf(mark) + mark.length)))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const mark = 'measured: '

/** Lua's long brackets hold any JSON: it escapes line ends, and no body here holds the closing bracket. */
function script(path: string, bodies: readonly string[]): string {
  return `
local bodies = { ${bodies.map((body) => `[==[${body}]==]`).join(',\n')} }
local requests, turn = {}, 0
init = function()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "${path}", { ["content-type"] = "application/json" }, body)
  end
end
request = function()
  turn = turn % #requests + 1
  return requests[turn]
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '${mark}{"requests":%d,"failed":%d,"perSecond":%f,"p50":%f,"p99":%f,"most":%f}',
    summary.requests, errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
`
}
