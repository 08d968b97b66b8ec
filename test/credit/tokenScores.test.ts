/** Token scores: the papers' vectors, and the local engine against plain arrays. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contrastiveEstimation, contrastiveScore } from '../../src/credit/contrastiveEstimation.ts'
import { contrastivePrompts, contrastiveReward } from '../../src/credit/contrastivePrompts.ts'
import { criticalToken } from '../../src/credit/criticalToken.ts'
import { dpoReward, tokenImplicitReward } from '../../src/credit/dpoReward.ts'
import { proxyTuned, softQ, tokenRewardFromQ } from '../../src/credit/softQ.ts'
import { type Prompt, userPrompt } from '../../src/data/message.ts'
import { random } from '../../src/data/random.ts'
import { alignDistilTeacher, rlhfTeacher } from '../../src/objectives/alignDistil.ts'
import { promptTokens } from '../../src/policy/promptTokens.ts'
import { tinyPolicy } from '../train/tiny.ts'

function near(actual: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  assert.equal(actual.length, expected.length)
  expected.forEach((value, i) => {
    assert.ok(Math.abs(actual[i] - value) <= tolerance * (1 + Math.abs(value)), `${i}: ${actual[i]}, not ${value}`)
  })
}

test('published values: T-REG vector 1', () => {
  const [better, worse] = [Float32Array.of(-0.5, -2, -1, -3), Float32Array.of(-1.5, -0.7, -1, -0.2)]
  near(contrastiveReward(better, worse), [0.231059, -0.285835, 0, -0.442676])
  near(contrastiveReward(worse, better), [-0.231059, 0.285835, 0, 0.442676])
  near(contrastiveReward(Float32Array.of(0, -900), Float32Array.of(-900, 0)), [0.5, -0.5])
})

test('published values: cDPO vectors 1 and 5', () => {
  const [positive, negative] = [
    [2, 1, 0],
    [0, 2, 0],
  ]
  near(
    [0, 1, 2].map((v) => contrastiveScore(positive, negative, v)),
    [0.964663, 0.017668, 0.017668],
  )
  near(
    [0, 1, 2].map((v) => contrastiveScore(positive, negative, v, 0.5)),
    [0.883492, 0.072521, 0.043986],
  )
  assert.equal(criticalToken([40, 12, 0, 2, 3, 0], 64), 2)
  assert.equal(criticalToken([40, 0, 9, 0, 1], 64), 3)
  assert.equal(criticalToken([40, 0, 9, 12], 64), undefined)
  assert.equal(criticalToken([], 64), undefined)
})

/** Vector 1 of "From r to Q*": two actions, then two more; beta 1/2. */
const tree = {
  beta: 0.5,
  reference: { start: [0.6, 0.4], A: [0.5, 0.5], B: [0.2, 0.8] },
  rewards: { start: [0.1, -0.1], A: [1, 0], B: [0, 0.5] },
}

/** Q and V by the soft Bellman equation, from a state's rewards, reference and next values. */
function solve(rewards: readonly number[], reference: readonly number[], next: readonly number[], beta: number) {
  const q = rewards.map((reward, a) => reward + beta * Math.log(reference[a]) + next[a])
  return softQ(
    q.map((each) => each / beta),
    beta,
  )
}

test('published values: From r to Q*, vectors 1 to 3', () => {
  const { beta, reference, rewards } = tree
  const A = solve(rewards.A, reference.A, [0, 0], beta)
  const B = solve(rewards.B, reference.B, [0, 0], beta)
  const start = solve(rewards.start, reference.start, [A.value, B.value], beta)
  near(A.q, [0.653426, -0.346574])
  near(B.q, [-0.804719, 0.388428])
  near(start.q, [0.561478, -0.125726])
  near([A.value, B.value, start.value], [0.71689, 0.43242, 0.674244])
  const chances = start.advantage.map((each) => Math.exp(each / beta))
  near(chances, [0.798091, 0.201909])
  const implicit = (state: typeof A, ref: readonly number[], action: number) =>
    tokenImplicitReward(
      Float32Array.of(state.advantage[action] / beta),
      Float32Array.of(Math.log(ref[action])),
      beta,
    )[0]
  near(
    [0, 1].map((a) => implicit(start, reference.start, a)),
    [0.142647, -0.341824],
  )
  near(
    [0, 1].map((a) => implicit(A, reference.A, a)),
    [0.28311, -0.71689],
  )
  near(
    [0, 1].map((a) => implicit(B, reference.B, a)),
    [-0.43242, 0.06758],
  )
  // Their sum is the return less V(start); the true rewards come back from Q.
  near([start.value + implicit(start, reference.start, 0) + implicit(A, reference.A, 0)], [1.1])
  const path = tokenRewardFromQ(
    [start.q[0], A.q[1]],
    [start.value, A.value],
    [Math.log(reference.start[0]), Math.log(reference.A[1])],
    beta,
  )
  near(path, [0.1, 0])
  const drift = reference.start.reduce((sum, p, a) => sum + p * implicit(start, reference.start, a), 0)
  near([drift], [-0.051142])
})

test('any random tree: implicit rewards and V(start) sum to the return', () => {
  for (let seed = 0; seed < 20; seed++) {
    const rng = random(seed)
    const beta = 0.1 + rng.next()
    const actions = rng.int(2, 4)
    const distribution = () => {
      const weights = Array.from({ length: actions }, () => 0.1 + rng.next())
      const sum = weights.reduce((a, b) => a + b)
      return weights.map((weight) => weight / sum)
    }
    const draw = () => Array.from({ length: actions }, () => rng.normal())
    const leaves = Array.from({ length: actions }, () => ({ rewards: draw(), reference: distribution() }))
    const solved = leaves.map((leaf) => solve(leaf.rewards, leaf.reference, Array(actions).fill(0), beta))
    const root = { rewards: draw(), reference: distribution() }
    const start = solve(
      root.rewards,
      root.reference,
      solved.map(({ value }) => value),
      beta,
    )
    for (let a = 0; a < actions; a++)
      for (let b = 0; b < actions; b++) {
        const [first, second] = [start.advantage[a] / beta, solved[a].advantage[b] / beta]
        const implicit =
          beta * (first - Math.log(root.reference[a])) + beta * (second - Math.log(leaves[a].reference[b]))
        near([start.value + implicit], [root.rewards[a] + leaves[a].rewards[b]], 1e-9)
      }
  }
})

test('published values: From r to Q*, vectors 4 and 5', () => {
  const { q, value, advantage } = softQ([1, 2, 0.5], 0.5)
  near(q, [0.5, 1, 0.25])
  near([value], [1.232184])
  near(advantage, [-0.732184, -0.232184, -0.982184])
  near(softQ([4, 5, 3.5], 0.5).advantage, [...advantage], 1e-12)
  const log = (list: readonly number[]) => list.map(Math.log)
  const [base, proxy, reference] = [log([0.5, 0.3, 0.2]), log([0.2, 0.6, 0.2]), log([0.4, 0.4, 0.2])]
  near(proxyTuned(base, proxy, reference).map(Math.exp), [0.277778, 0.5, 0.222222])
  near(proxyTuned(base, proxy, reference, 0.5).map(Math.exp), [0.38389, 0.39895, 0.217161])
})

const logSoftmax = (z: readonly number[]) => z.map((value) => value - Math.log(z.reduce((s, x) => s + Math.exp(x), 0)))

test('published values: AlignDistil vectors 1 to 4', () => {
  const dpo = Float32Array.from(logSoftmax([2, 0, -1]))
  const reverse = Float32Array.from(logSoftmax([0.5, 1, 0]))
  const student = logSoftmax([1, 0.5, -0.5])
  const kl = (teacher: ArrayLike<number>, own: readonly number[] = student) =>
    own.reduce((sum, value, v) => sum + Math.exp(value) * (value - teacher[v]), 0)
  const adaptive = alignDistilTeacher(dpo, reverse, 3)
  near(adaptive.strengths, [5.366988])
  near(adaptive.weights, [0.018632])
  near([kl(adaptive.distribution)], [6.160206])
  const constant = alignDistilTeacher(dpo, reverse, 3, { strength: 1 })
  near(constant.distribution.map(Math.exp), [0.985032, 0.010943, 0.004026], 1e-4)
  near([kl(constant.distribution) * constant.weights[0]], [0.122475])
  // The L1 norm of the released code is twice the distance: r of 20.
  near(alignDistilTeacher(dpo, reverse, 3, { strength: { r: 20, epsilon: 0.001 } }).strengths, [10.732977])
  const agreeing = alignDistilTeacher(dpo, dpo, 3)
  near([agreeing.weights[0], kl(agreeing.distribution)], [100, 0.245891])
  assert.equal(alignDistilTeacher(dpo, dpo, 3, { mostWeight: 2 }).weights[0], 2)
  // Theorem 1: reward less KL is the same number less the distance from the teacher, whatever the student.
  const reference = Float32Array.from(logSoftmax([0.2, 0.1, -0.3]))
  const optimum = rlhfTeacher(dpo, reference, 3, { beta: 0.1, kl: 0.05 })
  for (const [z, distance] of [
    [[1, 0.5, -0.5], 1.03481],
    [[0, 0, 0], 2.058759],
    [[3, -1, -2], 0.000792],
  ] as const) {
    const own = logSoftmax(z)
    const gain = own.reduce(
      (sum, value, v) => sum + Math.exp(value) * (0.1 * (dpo[v] - reference[v]) - 0.05 * (value - reference[v])),
      0,
    )
    near([kl(optimum.distribution, own)], [distance], 1e-4)
    near([gain + optimum.weights[0] * kl(optimum.distribution, own)], [0.030259], 1e-5)
  }
  assert.throws(() => alignDistilTeacher(dpo, reverse.subarray(1), 3), /one vocabulary/)
})

test('the local engine scores tokens as plain arrays do', async () => {
  const [one, two] = [tinyPolicy(1), tinyPolicy(2)]
  const prompts = ['a', 'gh'].map((text, i) => userPrompt(`p${i}`, text))
  const answers = prompts.map((prompt) => {
    const head = promptTokens(one, prompt)
    const tokens = Int32Array.of(...head, ...one.tokenizer.encode('cab'), one.tokenizer.endId)
    return { prompt, sequence: { tokens, promptLength: head.length } }
  })
  const sequences = answers.map(({ sequence }) => sequence)
  const [own, other] = [
    await one.forward(sequences, ['logprobs', 'distribution']),
    await two.forward(sequences, ['logprobs', 'distribution']),
  ]
  const implicit = await dpoReward(one, two, { beta: 0.5 }).score(answers)
  const critical = await contrastiveEstimation(one, two).score(answers)
  const turned = (letter: string) => (prompt: Prompt) => userPrompt(prompt.id, letter)
  const options = { better: turned('e'), worse: turned('f') }
  const [contrast, swapped, same] = await Promise.all([
    contrastivePrompts(one, one, options).score(answers),
    contrastivePrompts(one, one, { better: options.worse, worse: options.better }).score(answers),
    contrastivePrompts(one, one, { better: options.better, worse: options.better }).score(answers),
  ])
  sequences.forEach(({ tokens, promptLength }, i) => {
    const [a, b] = [own[i], other[i]].map(({ logprobs }) => logprobs ?? new Float32Array(0))
    near(
      implicit[i],
      Array.from(a, (value, t) => 0.5 * (value - b[t])),
    )
    const width = one.tokenizer.vocabularySize
    critical[i].forEach((score, t) => {
      const row = (readout: (typeof own)[number]) => readout.distribution?.subarray(t * width, (t + 1) * width) ?? []
      near([score], [contrastiveScore(row(own[i]), row(other[i]), tokens[promptLength + t])])
      assert.ok(score > 0 && score < 1)
    })
    near(
      swapped[i],
      Array.from(contrast[i], (value) => -value),
      1e-6,
    )
    assert.ok(same[i].every((value) => value === 0) && contrast[i].some((value) => value !== 0))
  })
  await Promise.all([one.close(), two.close()])
})
