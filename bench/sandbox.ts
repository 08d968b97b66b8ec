/**
 * Small programs with their tests: how many a second, and how long one takes, in the sandbox (Python, JavaScript) and in
 * a plain subprocess of Python that executes the same text. The Python is $GUERDON_PYTHON or python3; without it the
 * peer's row is left out.
 */
import { execFile } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { openSandbox } from '../src/sandbox/index.ts'
import { pythonWith, quartiles, requireQuiet, shown } from './measure.ts'

interface Problem {
  readonly program: string
  readonly tests: string
}

/** Three asserts each, of the kind that HumanEval and MBPP have. */
const python: readonly Problem[] = [
  {
    program: 'def add(a, b):\n    return a + b\n',
    tests: 'assert add(1, 2) == 3\nassert add(-1, 1) == 0\nassert add("a", "b") == "ab"\n',
  },
  {
    program: 'def primes(n):\n    return [i for i in range(2, n) if all(i % j for j in range(2, int(i ** 0.5) + 1))]\n',
    tests: 'assert primes(10) == [2, 3, 5, 7]\nassert primes(2) == []\nassert len(primes(100)) == 25\n',
  },
  {
    program: 'from collections import Counter\n\ndef common(words):\n    return Counter(words).most_common(1)[0][0]\n',
    tests: 'assert common(["a", "b", "a"]) == "a"\nassert common(["x"]) == "x"\nassert common(list("hello")) == "l"\n',
  },
]

const javascript: readonly Problem[] = [
  {
    program: 'const add = (a, b) => a + b\n',
    tests: "assert.equal(add(1, 2), 3)\nassert.equal(add(-1, 1), 0)\nassert.equal(add('a', 'b'), 'ab')\n",
  },
  {
    program: 'function reversed(text) {\n  return [...text].reverse().join("")\n}\n',
    tests: "assert.equal(reversed('abc'), 'cba')\nassert.equal(reversed(''), '')\nassert.equal(reversed('aa'), 'aa')\n",
  },
]

const rounds = 5
/** Programs before the first measurement. V8 goes on compiling the interpreter's hot parts over the first 300 to 500 of each worker. */
const warmUp = 1000
const perRound = 40

/** A table in Markdown; about half a minute. */
export async function sandboxBench(anyway: boolean): Promise<string> {
  const workers = availableParallelism()
  const command = await pythonWith(['sys'])
  using sandbox = openSandbox({ workers })
  const inSandbox =
    (language: 'python' | 'javascript') =>
    async ({ program, tests }: Problem): Promise<void> => {
      const verdict = await sandbox.test({ language, source: program }, { code: [tests] })
      if (verdict.kind !== 'passed')
        throw new Error(`a program of the benchmark did not pass: ${JSON.stringify(verdict)}`)
    }
  const sides: Side[] = [
    { name: 'Guerdon, Python', problems: python, run: inSandbox('python') },
    { name: 'Guerdon, JavaScript', problems: javascript, run: inSandbox('javascript') },
  ]
  if (command !== undefined) {
    // Not through a launcher that chooses among Pythons, which would be measured too.
    const { stdout } = await promisify(execFile)(command, ['-c', 'import sys; print(sys.executable)'])
    const run = async ({ program, tests }: Problem) => {
      await promisify(execFile)(stdout.trim(), ['-c', `${program}\n${tests}`])
    }
    sides.push({ name: 'subprocess, Python', problems: python, run })
  }
  for (const side of sides) await together(side, side.name.startsWith('Guerdon') ? warmUp : 1, workers)
  await requireQuiet(anyway)
  const measured = new Map(sides.map((side) => [side, { times: [] as number[], rates: [] as number[] }]))
  for (let round = 0; round < rounds; round++) {
    for (const [side, { times, rates }] of measured) {
      times.push(...(await inTurn(side, perRound)))
      rates.push(await together(side, perRound * 2, workers))
    }
  }
  const rows = Array.from(measured, ([{ name }, { times, rates }]) => {
    const sorted = times.toSorted((a, b) => a - b)
    const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))].toFixed(2)
    return `| ${name} | ${at(0.5)} | ${at(0.99)} | ${shown(quartiles(rates), 0)} |`
  })
  return [
    `| programs with three asserts | one at a time, p50 ms | p99 ms | ${workers} at a time, programs/s |`,
    '|---|---|---|---|',
    ...rows,
  ].join('\n')
}

interface Side {
  readonly name: string
  readonly problems: readonly Problem[]
  readonly run: (problem: Problem) => Promise<void>
}

/** Milliseconds of each program, one after the other. */
async function inTurn({ problems, run }: Side, count: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await run(problems[i % problems.length])
    times.push(performance.now() - start)
  }
  return times
}

/** Programs a second with `workers` of them at a time. */
async function together({ problems, run }: Side, count: number, workers: number): Promise<number> {
  const start = performance.now()
  let next = 0
  const lane = async () => {
    while (next < count) await run(problems[next++ % problems.length])
  }
  await Promise.all(Array.from({ length: workers }, lane))
  return (1000 * count) / (performance.now() - start)
}
