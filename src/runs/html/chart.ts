/**
 * Line charts for the reports: a family of curves over steps, with bands, smoothing, and a read-out under the pointer
 * or the arrow keys that all charts of a page share. The functions of this file run in the reader's browser: they are
 * written into the page by their source, so they use nothing but each other, html/scales.ts and the page.
 */
import type { PageDocument, PageElement, PageEvent } from './dom.ts'
import { formatNumber, nearest, smooth, ticks, type Unit } from './scales.ts'

export interface Series {
  readonly name: string
  /** Ascending. */
  readonly steps: readonly number[]
  /** null is a gap. */
  readonly values: readonly (number | null)[]
  /** A band around the curve, such as one standard deviation. */
  readonly band?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] }
  /** Measured now and then: drawn with its points, never smoothed. */
  readonly sparse: boolean
}

export interface Chart {
  readonly title: string
  /** What the numbers are, in a word or two: 'tokens', 'nats'. */
  readonly unit: string
  readonly format: Unit
  /** What the curves run over. Default 'step'; charts with the same axis share their read-out. */
  readonly axis?: string
  readonly series: readonly Series[]
}

interface DrawnChart {
  draw(smoothing: number): void
  /** Puts the read-out at the step nearest to this one; null takes it to the end. */
  show(step: number | null): void
}

/** Draws the charts into the page's elements `.chart[data-chart="0"]`, `"1"`, ... and keeps them fit to its width. */
export function drawCharts(page: PageDocument, charts: readonly Chart[]): void {
  const drawn: DrawnChart[] = []
  const shown: Chart[] = []
  for (const figure of page.querySelectorAll('.chart')) {
    const chart = charts[Number(figure.dataset.chart)]
    const show = (step: number | null) => {
      drawn.forEach((each, i) => {
        if (shown[i].axis === chart.axis) each.show(step)
      })
    }
    shown.push(chart)
    drawn.push(chartIn(page, figure, chart, show))
  }
  const slider = page.getElementById('smoothing')
  const draw = () => {
    for (const chart of drawn) chart.draw(slider === null ? 0 : Number(slider.value) / 100)
  }
  slider?.addEventListener('input', draw)
  page.defaultView.addEventListener('resize', draw)
  draw()
}

function chartIn(
  page: PageDocument,
  figure: PageElement,
  chart: Chart,
  show: (step: number | null) => void,
): DrawnChart {
  const svg = (tag: string, attributes: Record<string, string | number>, text = ''): PageElement => {
    const element = page.createElementNS('http://www.w3.org/2000/svg', tag)
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value))
    element.textContent = text
    return element
  }
  const [plot] = figure.querySelectorAll('.plot')
  const [stepOut] = figure.querySelectorAll('.at')
  const valuesOut = [...figure.querySelectorAll('.value')]
  const steps = [...new Set(chart.series.flatMap((series) => series.steps))].sort((a, b) => a - b)
  let shown = steps[steps.length - 1]
  let cursor: (step: number) => void = () => undefined

  const readOut = (step: number | null) => {
    shown = steps[step === null ? steps.length - 1 : nearest(steps, step)]
    const words = chart.series.map((series, i) => {
      const at = valueAt(series, shown)
      const text = at === null ? '–' : formatNumber(at.value, chart.format)
      valuesOut[i].textContent = text
      return `${series.name} ${text}`
    })
    const place = chart.axis === undefined ? `step ${shown}` : `${chart.axis} ${formatNumber(shown, 'number')}`
    stepOut.textContent = place
    plot.setAttribute('aria-valuenow', String(shown))
    plot.setAttribute('aria-valuetext', `${place}: ${words.join(', ')}`)
    plot.dataset.cursor = step === null ? 'off' : 'on'
    cursor(shown)
  }

  const draw = (smoothing: number) => {
    const frame = frameOf(chart, plot.clientWidth)
    const { width, height, left, right, top, bottom, x, y } = frame
    const root = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' })
    for (const tick of frame.yTicks) {
      root.append(svg('line', { class: 'grid', x1: left, x2: right, y1: y(tick), y2: y(tick) }))
      root.append(
        svg(
          'text',
          { class: 'tick', x: left - 6, y: y(tick) + 4, 'text-anchor': 'end' },
          formatNumber(tick, chart.format),
        ),
      )
    }
    for (const tick of frame.xTicks) {
      root.append(svg('text', { class: 'tick', x: x(tick), y: height - 4, 'text-anchor': 'middle' }, String(tick)))
    }
    chart.series.forEach((series, i) => {
      if (series.band !== undefined) root.append(svg('path', { class: `band s${i % 7}`, d: bandPath(series, x, y) }))
    })
    chart.series.forEach((series, i) => {
      const smoothed = smoothing > 0 && !series.sparse
      if (smoothed) root.append(svg('path', { class: `raw s${i % 7}`, d: linePath(series.steps, series.values, x, y) }))
      const values = smoothed ? smooth(series.values, smoothing) : series.values
      root.append(
        svg('path', { class: `curve s${i % 7} d${Math.floor(i / 7)}`, d: linePath(series.steps, values, x, y) }),
      )
      if (!series.sparse) return
      series.values.forEach((value, k) => {
        if (value !== null)
          root.append(svg('circle', { class: `point s${i % 7}`, cx: x(series.steps[k]), cy: y(value), r: 2.6 }))
      })
    })
    const line = svg('line', { class: 'cursor', y1: top, y2: bottom })
    const dots = chart.series.map((_, i) => svg('circle', { class: `dot s${i % 7}`, r: 3.6 }))
    root.append(line, ...dots)
    cursor = (step) => {
      line.setAttribute('x1', String(x(step)))
      line.setAttribute('x2', String(x(step)))
      chart.series.forEach((series, i) => {
        const at = valueAt(series, step)
        dots[i].setAttribute('visibility', at === null ? 'hidden' : 'visible')
        dots[i].setAttribute('cx', String(at === null ? 0 : x(at.step)))
        dots[i].setAttribute('cy', String(at === null ? 0 : y(at.value)))
      })
    }
    plot.replaceChildren(root)
    cursor(shown)
  }

  plot.addEventListener('pointermove', (event) => {
    const box = plot.getBoundingClientRect()
    show(frameOf(chart, box.width).stepAt(event.clientX - box.left))
  })
  plot.addEventListener('pointerleave', () => show(null))
  plot.addEventListener('blur', () => show(null))
  plot.addEventListener('focus', () => show(shown))
  plot.addEventListener('keydown', (event) => {
    const to = stepForKey(event, steps, shown)
    if (to !== null) show(to)
  })
  readOut(null)
  return { draw, show: readOut }
}

function stepForKey(event: PageEvent, steps: readonly number[], shown: number): number | null {
  const leap = Math.max(1, Math.round(steps.length / 10))
  const moves: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, PageDown: -leap, PageUp: leap }
  const ends: Record<string, number> = { Home: 0, End: steps.length - 1 }
  const to = event.key in moves ? nearest(steps, shown) + moves[event.key] : ends[event.key]
  if (to === undefined) return null
  event.preventDefault()
  return steps[Math.max(0, Math.min(steps.length - 1, to))]
}

/** The series' value at a step, or at the last one measured before it. */
function valueAt(series: Series, step: number): { step: number; value: number } | null {
  for (let i = nearest(series.steps, step); i >= 0; i--) {
    const value = series.values[i]
    if (series.steps[i] <= step && value !== null) return { step: series.steps[i], value }
  }
  return null
}

/** Sizes in pixels and the maps from steps and values to them. */
function frameOf(chart: Chart, available: number) {
  const width = Math.max(200, Math.round(available))
  const height = 190
  const numbers = chart.series
    .flatMap((series) => [...series.values, ...(series.band?.low ?? []), ...(series.band?.high ?? [])])
    .filter((value) => value !== null)
  const steps = chart.series.flatMap((series) => [series.steps[0], series.steps[series.steps.length - 1]])
  const first = Math.min(...steps)
  const last = Math.max(first + 1, ...steps)
  let low = numbers.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
  const high = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
  // A curve that comes near zero is shown with zero, so that its height means something.
  if (low > 0 && low < 0.4 * high) low = 0
  const yTicks = ticks(low, high, 4)
  const bottomValue = yTicks[0]
  const topValue = yTicks[yTicks.length - 1]
  const longest = Math.max(...yTicks.map((tick) => formatNumber(tick, chart.format).length))
  const [left, right, top, bottom] = [12 + 7 * longest, width - 10, 10, height - 24]
  const x = (step: number) => left + ((step - first) / (last - first)) * (right - left)
  const y = (value: number) => bottom - ((value - bottomValue) / (topValue - bottomValue)) * (bottom - top)
  const stepAt = (pixel: number) => first + ((pixel - left) / (right - left)) * (last - first)
  const xTicks = ticks(first, last, Math.max(2, Math.floor(width / 90))).filter(
    (tick) => Number.isInteger(tick) && tick >= first && tick <= last,
  )
  return { width, height, left, right, top, bottom, x, y, stepAt, xTicks, yTicks }
}

type Scale = (value: number) => number

/** Straight lines between neighbours; a gap starts a new one. */
function linePath(steps: readonly number[], values: readonly (number | null)[], x: Scale, y: Scale): string {
  let pen = 'M'
  return values
    .map((value, i) => {
      if (value === null) {
        pen = 'M'
        return ''
      }
      const command = `${pen}${x(steps[i]).toFixed(1)} ${y(value).toFixed(1)}`
      pen = 'L'
      return command
    })
    .join('')
}

function bandPath(series: Series, x: Scale, y: Scale): string {
  const corner = (value: number | null, i: number) => `${x(series.steps[i]).toFixed(1)} ${y(value ?? 0).toFixed(1)}`
  const whole = series.steps.map((_, i) => i).filter((i) => series.band?.low[i] != null && series.band.high[i] != null)
  if (whole.length === 0) return ''
  const there = whole.map((i) => corner(series.band?.high[i] ?? null, i))
  const back = whole.map((i) => corner(series.band?.low[i] ?? null, i)).reverse()
  return `M${[...there, ...back].join('L')}Z`
}

/** The functions a page with charts needs, for html/page.ts. */
export const chartFunctions = [
  ticks,
  formatNumber,
  smooth,
  nearest,
  drawCharts,
  chartIn,
  stepForKey,
  valueAt,
  frameOf,
  linePath,
  bandPath,
]
