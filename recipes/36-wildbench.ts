/**
 * WildBench (2024, arXiv 2406.04770): does calling slight wins of much longer answers a tie bring WB-Reward nearer to what
 * models can do? Fourteen models of known skill and a verbosity of their own, judged pair by pair against three baselines by a
 * simulated judge with a known taste for length; nothing is trained.
 */
import { pearson, type Random, random } from 'guerdon/data'
import { lengthRule, type Outcome, outcomeValue } from 'guerdon/rewards'
import { pairedT, recipe } from 'guerdon/train'

const settings = {
  models: 14,
  tasks: 300,
  baselines: [1.2, 0, -1.2],
  /** Characters: typical length * exp(spread * (verbosity + noise)). */
  typicalLength: 2000,
  spread: 0.35,
  /** The judge's gap: skill gap + noise + bias * length gap / 1000; slight from the first cut, much from the second. */
  noise: 1.2,
  cuts: [0.15, 1.5],
  bias: 0.5,
  margin: 500,
}

interface Model {
  readonly skill: number
  readonly lengths: readonly number[]
}

interface World {
  readonly models: readonly Model[]
  readonly baselines: readonly Model[]
  /** The judge's noise, [model][baseline][task]: the same for all arms. */
  readonly noise: readonly (readonly (readonly number[])[])[]
}

function model(skill: number, draw: Random): Model {
  const { tasks, typicalLength, spread } = settings
  const verbosity = draw.normal()
  const length = () => Math.round(typicalLength * Math.exp(spread * (verbosity + draw.normal())))
  return { skill, lengths: Array.from({ length: tasks }, length) }
}

function outcome(gap: number): Outcome {
  const [slight, much] = settings.cuts
  if (Math.abs(gap) < slight) return 'tie'
  if (gap > 0) return gap < much ? 'better' : 'much better'
  return gap > -much ? 'worse' : 'much worse'
}

/** Pearson's correlation of WB-Reward, mixed over the baselines, with the models' true skill. */
function arm(bias: number, margin: number) {
  return async ({ models, baselines, noise }: World) => {
    let [slight, turned] = [0, 0]
    const mix = models.map(({ skill, lengths }, m) => {
      let total = 0
      for (const [b, baseline] of baselines.entries())
        for (const [task, length] of lengths.entries()) {
          const longer = length - baseline.lengths[task]
          const said = outcome(skill - baseline.skill + settings.noise * noise[m][b][task] + (bias * longer) / 1000)
          const ruled = lengthRule(said, length, baseline.lengths[task], margin)
          if (said === 'better' || said === 'worse') slight++
          if (ruled !== said) turned++
          total += outcomeValue(ruled)
        }
      return total / (baselines.length * settings.tasks)
    })
    const value = pearson(mix.map((reward, m) => [reward, models[m].skill])) ?? Number.NaN
    return { value, extra: { 'slight wins made ties': slight === 0 ? 0 : turned / slight } }
  }
}

const off = Number.POSITIVE_INFINITY

export default recipe<World>({
  number: 36,
  title: 'WildBench: a tie for slight wins by length',
  paper: 'arXiv 2406.04770',
  claim: 'With a judge that likes length, the rule for slight wins brings WB-Reward nearer to true skill.',
  measure: "Pearson's correlation of WB-Reward (mix of three baselines) with true skill",
  format: 'number',
  seeds: Array.from({ length: 20 }, (_, i) => i + 1),
  settings,
  async prepare(seed) {
    const draw = random(`wildbench ${seed}`)
    const models = Array.from({ length: settings.models }, () => model(draw.normal(), draw))
    const baselines = settings.baselines.map((skill) => model(skill, draw))
    const row = () => Array.from({ length: settings.tasks }, () => draw.normal())
    return { models, baselines, noise: models.map(() => baselines.map(row)) }
  },
  arms: {
    'no rule': arm(settings.bias, off),
    'K = 500': arm(settings.bias, settings.margin),
    'twice the bias, no rule': arm(2 * settings.bias, off),
    'twice the bias, K = 500': arm(2 * settings.bias, settings.margin),
    'no bias, no rule': arm(0, off),
    'no bias, K = 500': arm(0, settings.margin),
  },
  verdict(arms) {
    const pairs = ['', 'twice the bias, ', 'no bias, '].map((kind) =>
      pairedT(arms[`${kind}K = 500`], arms[`${kind}no rule`]),
    )
    // Student's t, 19 degrees of freedom: 1.73 is 5 % one-sided.
    const helped = pairs.slice(0, 2).filter(({ t }) => t > 1.73).length
    const [one, two, none] = pairs.map(({ difference, t }) => `${difference.toFixed(3)} (paired t ${t.toFixed(1)})`)
    return {
      holds: helped === 2 ? 'yes' : helped === 1 ? 'mixed' : 'no',
      because: `the rule adds ${one}; with twice the bias ${two}; with a judge without bias ${none}`,
    }
  },
  notes: [
    'Where the judge has no bias the rule throws signal away: the third difference is its price.',
    'The judge is simulated: skill, verbosity and bias are known here as they never are for real models.',
  ],
})
