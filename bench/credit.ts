/** Credit for 512 answers of 512 tokens, and what THR and PRIME cost of a training step beyond their forward passes. */
import { bnpo, type Credit, grpo, prime, pure, rloo, tempo, thr } from '../src/credit/index.ts'
import { userPrompt } from '../src/data/message.ts'
import { type Random, random } from '../src/data/random.ts'
import type { Group } from '../src/data/rollout.ts'
import { scored } from '../src/data/score.ts'
import { nano } from '../src/policy/local/local.ts'
import type { Policy } from '../src/policy/policy.ts'
import { clipDelta, grpoLambda, type Shaping } from '../src/shaping/index.ts'
import { characterTokenizer } from '../src/text/characterTokenizer.ts'
import { implicitReward } from '../src/train/implicitReward.ts'
import { gatherReadouts } from '../src/train/readouts.ts'
import {
  bnpoTwin,
  clipDeltaTwin,
  grpoLambdaTwin,
  grpoTwin,
  pureTwin,
  rlooTwin,
  type Twin,
  tempoTwin,
} from './creditTwins.ts'
import { type Quartiles, quartiles, requireQuiet, shown } from './measure.ts'

const vocabulary = 96
const rounds = 15
const full = { groups: 64, answers: 8, tokens: 512 }
const small = { groups: 6, answers: 5, tokens: 24 }
const step = { groups: 8, answers: 8, tokens: 128, threads: 2 }

interface Method {
  readonly credit: Credit
  readonly shaping?: Shaping
  readonly twin: Twin
}

const methods: Readonly<Record<string, Method>> = {
  GRPO: { credit: grpo(), twin: grpoTwin },
  RLOO: { credit: rloo(), twin: rlooTwin },
  BNPO: { credit: bnpo(), twin: bnpoTwin },
  TEMPO: { credit: tempo(), twin: tempoTwin },
  PURE: { credit: pure(), twin: pureTwin },
  'Clip, then Delta': {
    credit: pure({ form: 'sum', steps: 'reward' }),
    shaping: clipDelta({ eta: 0.8 }),
    twin: clipDeltaTwin,
  },
  'GRPO-lambda': { credit: grpo(), shaping: grpoLambda({ lambda: 1 }), twin: grpoLambdaTwin },
}

export async function creditBench(anyway: boolean): Promise<string> {
  const source = random('bench/credit')
  const checked = batch(source, small)
  for (const [name, method] of Object.entries(methods))
    requireEqual(name, assigned(method, checked), method.twin(checked))
  await requireQuiet(anyway)
  const groups = batch(source, full)
  const lines = Object.entries(methods).map(([name, method]) => {
    const times = timed(rounds, () => assigned(method, groups))
    return `| ${name} | ${shown(times, 1)} |`
  })
  return [
    `512 answers of at most 512 tokens in 64 groups, 16 steps an answer; each method agrees with a twin that follows its equation token by token.`,
    '',
    '| credit | ms |',
    '|---|---|',
    ...lines,
    '',
    await stepShares(),
  ].join('\n')
}

function assigned({ credit, shaping }: Method, groups: readonly Group[]): Float32Array[][] {
  const shaped = shaping === undefined ? groups : shaping.shape(groups)
  return credit.assign(
    shaped,
    shaped.map(({ rollouts }) => rollouts.map(() => ({}))),
  )
}

function requireEqual(name: string, ours: readonly (readonly Float32Array[])[], theirs: number[][][]): void {
  ours.forEach((group, g) => {
    group.forEach((row, i) => {
      row.forEach((value, t) => {
        if (!(Math.abs(value - theirs[g][i][t]) <= 1e-5 * (1 + Math.abs(value))))
          throw new Error(
            `${name}: ${value} and ${theirs[g][i][t]} at group ${g}, answer ${i}, token ${t}: nothing is timed`,
          )
      })
    })
  })
}

/** Answers that share beginnings, of differing lengths, about half of them right; the last step ends on the last token. */
function batch(source: Random, size: { groups: number; answers: number; tokens: number }): Group[] {
  return Array.from({ length: size.groups }, (_, g) => {
    const prompt = userPrompt(`p${g}`, '?')
    const stem = Array.from({ length: size.tokens }, () => source.int(2, vocabulary - 1))
    const lengths = Array.from({ length: size.answers }, () => source.int(Math.ceil(size.tokens / 2), size.tokens))
    const right = 0.2 + 0.6 * source.next()
    return {
      prompt,
      rollouts: lengths.map((length) => {
        const shared = source.int(0, length)
        const tokens = stem.slice(0, length).map((id, t) => (t < shared ? id : source.int(2, vocabulary - 1)))
        const steps = Math.min(16, length)
        return {
          sample: { prompt, completion: { text: '', finish: 'stop' } },
          sequence: { tokens: Int32Array.of(2, 3, ...tokens), promptLength: 2 },
          logprobs: new Float32Array(length).fill(-1),
          stepEnds: Int32Array.from({ length: steps }, (_, j) => Math.ceil(((j + 1) * length) / steps) - 1),
        }
      }),
      scores: lengths.map((length) =>
        scored(source.next() < right ? 1 : 0, {
          steps: Float32Array.from({ length: Math.min(16, length) }, () => source.next()),
        }),
      ),
    }
  })
}

function timed(count: number, work: () => unknown): Quartiles {
  const times: number[] = []
  for (let round = -2; round < count; round++) {
    const began = performance.now()
    work()
    if (round >= 0) times.push(performance.now() - began)
  }
  return quartiles(times)
}

async function timedAsync(count: number, work: () => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (let round = -1; round < count; round++) {
    const began = performance.now()
    await work()
    if (round >= 0) times.push(performance.now() - began)
  }
  return quartiles(times).median
}

/** A step here is backward and update; sampling, which a real step has too, would only make the shares smaller. */
export async function stepShares(): Promise<string> {
  const alphabet = Array.from({ length: vocabulary - 2 }, (_, i) => String.fromCodePoint(33 + i)).join('')
  const make = () => nano('1M', characterTokenizer(alphabet), { seed: 1, threads: step.threads })
  const [policy, model] = [make(), make()]
  const groups = batch(random('bench/step'), step)
  const sequences = groups.flatMap(({ rollouts }) => rollouts.map(({ sequence }) => sequence))
  const byGroup = <T>(flat: readonly T[]) => groups.map((_, g) => flat.slice(g * step.answers, (g + 1) * step.answers))
  const training = await timedAsync(5, () => trainOnce(policy, sequences))

  const steered = thr(grpo(), { p: 0.3 })
  const question = steered.influence?.(groups)
  // Group by group, as influence is read.
  const hidden = await timedAsync(5, async () => {
    for (const rows of byGroup(sequences)) await policy.forward(rows, ['hidden'])
  })
  const whole = await timedAsync(5, async () => {
    const read = await policy.forward(sequences, ['influence'], { influence: question })
    return steered.assign(groups, byGroup(read))
  })

  const companion = implicitReward(model)
  const read = await gatherReadouts({ policy, companions: [companion] }, sequences, ['processRewards'])
  const arithmetic = timed(rounds, () => prime().assign(groups, byGroup(read))).median
  const learning = await timedAsync(5, () => companion.learn({ groups, outputs: byGroup(read), advantages: [] }))
  await Promise.all([policy.close(), model.close()])
  const share = (ms: number) => `${ms.toFixed(1)} ms, ${((100 * ms) / training).toFixed(1)} %`
  return [
    `Beside a training step of 64 answers of at most 128 tokens, 1M parameters, backward and update alone (${training.toFixed(0)} ms):`,
    '',
    '| | beyond its forward passes |',
    '|---|---|',
    `| THR (its forward pass: ${hidden.toFixed(0)} ms) | ${share(Math.max(0, whole - hidden))} |`,
    `| PRIME, the credit | ${share(arithmetic)} |`,
    `| PRIME, its second model's own learning, two forward passes and a step | ${share(learning)} |`,
  ].join('\n')
}

async function trainOnce(policy: Policy, sequences: Parameters<Policy['backward']>[0]): Promise<void> {
  await policy.backward(
    sequences,
    sequences.map(({ tokens, promptLength }) => ({
      logprobs: new Float32Array(tokens.length - promptLength).fill(1e-3),
    })),
  )
  await policy.step({ learningRate: 1e-4 })
}
