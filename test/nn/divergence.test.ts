import assert from 'node:assert/strict'
import { test } from 'node:test'
import { random } from '../../src/data/random.ts'
import * as g from '../../src/graph/index.ts'
import { coarseDivergence, denseDivergence } from '../../src/nn/divergence.ts'

const near = (a: number, b: number, tolerance: number, what: string) =>
  assert.ok(Math.abs(a - b) <= tolerance * (1 + Math.abs(b)), `${what}: ${a}, not ${b}`)

/** Values and gradients of one row, or several, with these cotangents. */
async function run(kind: 'dense' | 'coarse', scores: number[][], feeds: Record<string, g.Value>, cotangent: number[]) {
  const [rows, width] = [scores.length, scores[0].length]
  const inputs = {
    scores: g.input('scores', 'float32', ['rows', width]),
    teacher: g.input('teacher', 'float32', ['rows', 'named']),
    teacherIds: g.input('teacherIds', 'int64', ['rows', 'named']),
    teacherRest: g.input('teacherRest', 'float32', ['rows']),
    cotangent: g.input('cotangent', 'float32', ['rows']),
  }
  const dense = g.input('teacher', 'float32', ['rows', width])
  const of =
    kind === 'dense'
      ? denseDivergence(inputs.scores, dense)
      : coarseDivergence(inputs.scores, inputs.teacherIds, inputs.teacher, inputs.teacherRest)
  const [slope] = g.gradients([{ of, cotangent: inputs.cotangent }], [inputs.scores])
  const { scores: a, cotangent: c, teacher, teacherIds, teacherRest } = inputs
  const named: Record<string, g.Tensor> = kind === 'dense' ? { teacher: dense } : { teacher, teacherIds, teacherRest }
  const program = await g.compile({ scores: a, cotangent: c, ...named }, { of, slope }, { threads: 1 })
  const results = await program.run({
    ...feeds,
    scores: { data: Float32Array.from(scores.flat()), dims: [rows, width] },
    cotangent: { data: Float32Array.from(cotangent), dims: [rows] },
  })
  await program.close()
  return { values: Array.from(results.of.data, Number), slopes: Array.from(results.slope.data, Number) }
}

const logSoftmax = (z: readonly number[]) => {
  const mass = Math.log(z.reduce((sum, value) => sum + Math.exp(value), 0))
  return z.map((value) => value - mass)
}

test('published values: AlignDistil vector 2, adaptive and constant strength', async () => {
  const student = [1, 0.5, -0.5]
  for (const { z, beta, kl, slopes } of [
    { z: [10.050483, -5.366988, -6.366988], beta: 0.018632, kl: 6.160206, slopes: [-0.068885, 0.050359, 0.018526] },
    { z: [3.5, -1, -2], beta: 0.1, kl: 1.224753, slopes: [-0.099133, 0.072472, 0.026661] },
  ]) {
    const teacher = { data: Float32Array.from(logSoftmax(z)), dims: [1, 3] }
    const found = await run('dense', [student], { teacher }, [beta])
    near(found.values[0], kl, 1e-5, 'KL')
    found.slopes.forEach((slope, v) => {
      near(slope, slopes[v], 1e-5, `slope ${v}`)
    })
  }
})

/** The divergence in plain arrays; `classes` lists the tokens that count apart, all others count as one. */
function plain(scores: readonly number[], teacher: readonly number[], classes?: readonly number[]): number {
  const [p, q] = [logSoftmax(scores).map(Math.exp), teacher.map(Math.exp)]
  const merged = (x: readonly number[]) =>
    classes === undefined ? x : [...classes.map((v) => x[v]), 1 - classes.reduce((sum, v) => sum + x[v], 0)]
  const [a, b] = [merged(p), merged(q)]
  return a.reduce((sum, chance, v) => sum + chance * (Math.log(chance) - Math.log(b[v])), 0)
}

test('values and gradients are those of plain arrays, dense and coarse', async () => {
  const source = random(5)
  const draw = (scale: number) => Array.from({ length: 7 }, () => scale * source.normal())
  const scores = Array.from({ length: 4 }, () => draw(1.5))
  const teachers = Array.from({ length: 4 }, () => logSoftmax(draw(1)))
  const cotangent = draw(1).slice(0, 4)
  const ids = [
    [0, 3],
    [6, 1],
    [2, 5],
    [4, 0],
  ]
  const dense = { teacher: { data: Float32Array.from(teachers.flat()), dims: [4, 7] } }
  const coarse = {
    teacher: { data: Float32Array.from(ids.flatMap((row, i) => row.map((v) => teachers[i][v]))), dims: [4, 2] },
    teacherIds: { data: BigInt64Array.from(ids.flat(), BigInt), dims: [4, 2] },
    teacherRest: {
      data: Float32Array.from(
        ids.map((row, i) => Math.log(1 - row.reduce((sum, v) => sum + Math.exp(teachers[i][v]), 0))),
      ),
      dims: [4],
    },
  }
  for (const kind of ['dense', 'coarse'] as const) {
    const found = await run(kind, scores, kind === 'dense' ? dense : coarse, cotangent)
    const of = (row: number, z: readonly number[]) => plain(z, teachers[row], kind === 'dense' ? undefined : ids[row])
    scores.forEach((z, row) => {
      near(found.values[row], of(row, z), 1e-5, `${kind} ${row}`)
      z.forEach((value, v) => {
        const h = 1e-4
        const difference = (of(row, z.with(v, value + h)) - of(row, z.with(v, value - h))) / (2 * h)
        near(found.slopes[7 * row + v], cotangent[row] * difference, 2e-5, `${kind} slope ${row} ${v}`)
      })
    })
  }
})
