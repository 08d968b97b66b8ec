/** Which charts a run's metrics make: known names in the order a reader asks for them, then all others, then times. */
import type { Chart, Series } from './html/chart.ts'
import type { Unit } from './html/scales.ts'
import type { MetricsLine } from './metricsLog.ts'

interface Known {
  readonly title: string
  readonly unit: string
  readonly format?: Unit
}

const known: Readonly<Record<string, Known>> = {
  reward: { title: 'Reward', unit: 'mean over the step' },
  accuracy: { title: 'Accuracy', unit: 'held-out prompts', format: 'share' },
  completionLength: { title: 'Completion length', unit: 'tokens' },
  kl: { title: 'KL from the reference', unit: 'nats' },
  entropy: { title: 'Entropy', unit: 'nats per token' },
  loss: { title: 'Loss', unit: '' },
  gradientNorm: { title: 'Gradient norm', unit: 'before clipping' },
  unscored: { title: 'Unscored, by cause', unit: 'share', format: 'share' },
  'time/seconds': { title: 'Time', unit: 'seconds per step' },
  'time/tokensPerSecond': { title: 'Speed', unit: 'tokens per second' },
}

/** Curves longer than this are drawn by the means of equal stretches. */
const MOST_POINTS = 600

/** The charts of a run. A family of names ('unscored/judge', 'unscored/sandbox') shares one chart. */
export function metricCharts(lines: readonly MetricsLine[]): Chart[] {
  const columns = new Map<string, Column>()
  for (const { step, metrics, time } of lines) {
    for (const [name, value] of Object.entries(metrics)) addTo(columns, name, step, value)
    for (const [name, value] of Object.entries(time)) addTo(columns, `time/${name}`, step, value)
  }
  const charts = new Map<string, { name: string; column: Column }[]>()
  for (const [name, column] of columns) {
    if (column.values.every((value) => value === null)) continue
    const { chart, member } = placeOf(name)
    charts.set(chart, [...(charts.get(chart) ?? []), { name: member, column }])
  }
  const order = Object.keys(known)
  const rank = (name: string) => {
    const place = order.includes(name) ? order.indexOf(name) : order.length
    return name.startsWith('time/') ? 1000 + place : place
  }
  return [...charts]
    .sort(([a], [b]) => rank(a) - rank(b))
    .map(([name, members]) => ({
      title: titleOf(name),
      unit: known[name]?.unit ?? '',
      format: formatOf(name),
      series: members.map((member) => seriesOf(member.name, member.column, lines.length)),
    }))
}

/** A metric's name in words: 'gradientNorm' becomes 'Gradient norm'. */
export function titleOf(name: string): string {
  if (known[name] !== undefined) return known[name].title
  const words = name
    .replace(/^time\//, '')
    .replace(/[_/]/g, ' ')
    .replace(/([a-z0-9])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** How a metric's values are written. */
export function formatOf(name: string): Unit {
  return known[placeOf(name).chart]?.format ?? 'number'
}

interface Column {
  readonly steps: number[]
  readonly values: (number | null)[]
}

function addTo(columns: Map<string, Column>, name: string, step: number, value: number | null): void {
  const column = columns.get(name) ?? { steps: [], values: [] }
  columns.set(name, column)
  // A step may have several lines; the last word on a name counts.
  if (column.steps.at(-1) === step) column.values[column.values.length - 1] = value
  else {
    column.steps.push(step)
    column.values.push(value)
  }
}

/** The chart a metric belongs to and its name there. Times differ in kind, so each has a chart of its own. */
function placeOf(name: string): { chart: string; member: string } {
  const slash = name.indexOf('/')
  if (slash < 0) return { chart: name, member: name === 'accuracy' ? 'held-out' : 'mean' }
  if (name.startsWith('time/')) return { chart: name, member: name.slice(slash + 1) }
  return { chart: name.slice(0, slash), member: name.slice(slash + 1) }
}

function seriesOf(name: string, { steps, values }: Column, lines: number): Series {
  const sparse = values.length < lines / 2 || values.length <= 12
  return { name, ...thin(steps, values), sparse }
}

function thin(steps: readonly number[], values: readonly (number | null)[]) {
  const size = Math.ceil(values.length / MOST_POINTS)
  if (size <= 1) return { steps, values: values.map(short) }
  const stretches = Array.from({ length: Math.ceil(values.length / size) }, (_, i) => i * size)
  return {
    steps: stretches.map((from) => steps[Math.min(steps.length - 1, from + (size >> 1))]),
    values: stretches.map((from) => short(mean(values.slice(from, from + size)))),
  }
}

function mean(values: readonly (number | null)[]): number | null {
  const found = values.filter((value) => value !== null)
  return found.length === 0 ? null : found.reduce((sum, value) => sum + value, 0) / found.length
}

/** Six digits are finer than a pixel. */
function short(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6))
}
