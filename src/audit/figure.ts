/** A measured number with its 95 % interval. Intervals count prompts: several answers to one prompt are no independent trials. */
import { bootstrapInterval } from '../data/bootstrap.ts'
import { wilsonInterval } from '../data/wilson.ts'

export interface Figure {
  /** Its name within the probe; `probe.name` is what limits are set by. */
  readonly name: string
  /** What it is, in words. */
  readonly title: string
  readonly value: number
  readonly low: number
  readonly high: number
  /** Prompts it rests on. */
  readonly n: number
  /** 'share': of 1, in [0, 1]. 'change': of the reward's width, signed. 'number': a correlation, a kappa. */
  readonly kind: 'share' | 'change' | 'number'
}

/** Something measured on an answer to a prompt. */
export interface Observed<T> {
  readonly prompt: string
  readonly value: T
}

/** How often it was so, with Wilson's interval on the number of prompts. Undefined where nothing was observed. */
export function shareFigure(name: string, title: string, observed: readonly Observed<boolean>[]): Figure | undefined {
  if (observed.length === 0) return undefined
  const value = observed.filter((each) => each.value).length / observed.length
  const n = new Set(observed.map(({ prompt }) => prompt)).size
  const [low, high] = wilsonInterval(value, n)
  return { name, title, value, low, high, n, kind: 'share' }
}

/** The mean, with a bootstrap over prompts. */
export function meanFigure(
  name: string,
  title: string,
  observed: readonly Observed<number>[],
  seed: number | string,
): Figure | undefined {
  const mean = (items: readonly Observed<number>[]) => items.reduce((sum, { value }) => sum + value, 0) / items.length
  return statisticFigure({ name, title, kind: 'change' }, observed, mean, seed)
}

/** Any statistic of the observations, with a bootstrap over prompts; undefined where the statistic is. */
export function statisticFigure<T>(
  about: Pick<Figure, 'name' | 'title' | 'kind'>,
  observed: readonly Observed<T>[],
  statistic: (items: readonly Observed<T>[]) => number | undefined,
  seed: number | string,
): Figure | undefined {
  const value = observed.length === 0 ? undefined : statistic(observed)
  if (value === undefined || !Number.isFinite(value)) return undefined
  const clusters = [...Map.groupBy(observed, ({ prompt }) => prompt).values()]
  const interval = bootstrapInterval(clusters, (sample) => statistic(sample.flat()), { seed, draws: 500 })
  // On a share that is all or nothing every draw is the same, which says nothing of what was not drawn.
  const certain = about.kind === 'share' && (value === 0 || value === 1)
  const [low, high] = certain ? wilsonInterval(value, clusters.length) : (interval ?? [value, value])
  return { ...about, value, low, high, n: clusters.length }
}

/** The figures that there are. */
export function present(figures: readonly (Figure | undefined)[]): Figure[] {
  return figures.filter((figure) => figure !== undefined)
}
