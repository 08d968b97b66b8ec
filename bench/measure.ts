/** How speed is measured here: a quiet machine, two sides in turn, medians and quartiles of the ratio. */
import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import { createInterface } from 'node:readline'
import type { z } from 'zod'

/** Above this one-minute load the other work on the machine would be measured too. */
const quietLoad = 1.5

/** Waits up to two minutes for the machine to be quiet; throws where it is not. `anyway` only warns. */
export async function requireQuiet(anyway: boolean): Promise<void> {
  for (let waited = 0; loadavg()[0] > quietLoad; waited += 5) {
    const load = loadavg()[0].toFixed(2)
    if (anyway) {
      process.stderr.write(`the machine is loaded (${load}): these figures mean little\n`)
      return
    }
    if (waited >= 120)
      throw new Error(`the load is ${load}, above ${quietLoad}: stop what else is running, or pass --anyway`)
    await new Promise((resume) => setTimeout(resume, 5000))
  }
}

export interface Quartiles {
  readonly low: number
  readonly median: number
  readonly high: number
}

/** Median and quartiles, linearly interpolated. */
export function quartiles(values: readonly number[]): Quartiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => {
    const place = share * (sorted.length - 1)
    const below = Math.floor(place)
    return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below])
  }
  return { low: at(0.25), median: at(0.5), high: at(0.75) }
}

/** 1.23 (1.20 to 1.27) */
export function shown({ low, median, high }: Quartiles, digits = 2): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`
}

/** A process that answers one JSON line for each JSON line it is sent. */
export interface Side extends AsyncDisposable {
  ask<T extends z.ZodType>(command: object, answer: T): Promise<z.infer<T>>
}

/** Starts one side of a comparison; its stderr is shown only where it fails. */
export function side(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Side {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env } })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  let complaints = ''
  child.stderr.on('data', (bytes: Buffer) => (complaints = (complaints + bytes.toString()).slice(-4000)))
  return {
    async ask(command, answer) {
      child.stdin.write(`${JSON.stringify(command)}\n`)
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`${args.join(' ')} ended without an answer:\n${complaints}`)
      return answer.parse(JSON.parse(value))
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end(`${JSON.stringify({ cmd: 'quit' })}\n`)
      await new Promise((resume) => child.once('exit', resume))
    },
  }
}

/** A Python with these modules: GUERDON_PYTHON, or python3; undefined where there is none. */
export async function pythonWith(modules: readonly string[]): Promise<string | undefined> {
  const python = process.env.GUERDON_PYTHON ?? 'python3'
  const check = spawn(python, ['-c', modules.map((name) => `import ${name}`).join('; ')], { stdio: 'ignore' })
  const code = await new Promise((resume) => check.once('error', () => resume(1)).once('exit', resume))
  return code === 0 ? python : undefined
}
