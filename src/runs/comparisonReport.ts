/** A recipe's report: a paper's claim, the arms that were compared, their numbers seed by seed, their curves. */
import { writeFileAtomic } from '../data/atomicFile.ts'
import { type Chart, chartFunctions } from './html/chart.ts'
import { figures, smoothingSlider } from './html/figures.ts'
import { html, type Markup, page } from './html/page.ts'
import { formatNumber, shade, ticks, type Unit } from './html/scales.ts'
import { settingsList } from './html/settings.ts'
import type { Settings } from './runConfig.ts'

/** One arm's result: `values` has one number per seed, `mean` and `sd` are theirs. */
export interface Arm {
  readonly name: string
  readonly mean: number
  readonly sd: number
  readonly n: number
  readonly values: readonly number[]
  /** Further numbers of it, by name: means over its seeds. */
  readonly extra?: Readonly<Record<string, number>>
}

/** What several arms made of the same answer: one number per token and arm. */
export interface TokenPicture {
  readonly title: string
  readonly tokens: readonly string[]
  readonly rows: readonly { readonly name: string; readonly values: readonly number[] }[]
}

/** One measure over the steps: for each arm the mean over seeds and the spread about it. */
export interface ArmCurves {
  readonly title: string
  readonly unit?: string
  readonly format?: Unit
  /** What it runs over. Default: steps. */
  readonly axis?: string
  readonly arms: readonly {
    readonly name: string
    readonly steps: readonly number[]
    readonly mean: readonly number[]
    readonly sd: readonly number[]
  }[]
}

export interface Comparison {
  readonly title: string
  readonly paper: string
  /** The paper's claim in one sentence. */
  readonly claim: string
  /** Whether the claim's direction showed here. */
  readonly verdict: 'yes' | 'no' | 'mixed'
  /** What the arms' numbers measure. */
  readonly measure: string
  /** How they are written. Default 'number'. */
  readonly format?: Unit
  readonly arms: readonly Arm[]
  readonly curves: readonly ArmCurves[]
  readonly pictures?: readonly TokenPicture[]
  readonly notes: readonly string[]
  readonly settings: Settings
}

/** Writes a comparison's report to `file`, one HTML file that fetches nothing. */
export async function writeComparisonReport(file: string, comparison: Comparison): Promise<void> {
  const { title, paper, claim, verdict, notes, settings } = comparison
  const charts = comparison.curves
    .map((curve) => chartOf(curve, comparison.arms))
    .filter(({ series }) => series.length > 0)
  const body = html`<main>
<header><p class="eyebrow">Guerdon · recipe</p><h1>${title}</h1><p class="lead">${claim}</p><div class="meta"><span>${paper}</span></div>
<p class="verdict ${verdict}"><strong>${VERDICTS[verdict]}</strong></p></header>
<section><div class="head"><h2>${comparison.measure}</h2><p class="quiet">Each dot is one seed; the bar is the mean, the line one standard deviation to either side.</p></div>${armsTable(comparison)}</section>
${
  charts.length > 0 &&
  html`<section><div class="head"><h2>Curves</h2>${smoothingSlider(0)}</div>
<p class="quiet">Means over seeds; the bands are one standard deviation to either side.</p>
<div class="charts wide">${figures(charts)}</div></section>`
}
${comparison.pictures !== undefined && comparison.pictures.length > 0 && tokenPictures(comparison.pictures)}
${notes.length > 0 && html`<section><div class="head"><h2>Notes</h2></div><ul class="notes">${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`}
<section><div class="head"><h2>Settings</h2></div>${settingsList(settings)}</section>
<footer>Written by Guerdon. This page is one file and fetches nothing.</footer>
</main>`
  const calls = ['drawCharts(document, data.charts)']
  await writeFileAtomic(file, page(title, body, { functions: chartFunctions, calls, data: { charts } }))
}

const VERDICTS = {
  yes: 'The claim’s direction held here',
  no: 'The claim’s direction did not hold here',
  mixed: 'The result is mixed',
}

/** Arms keep their colour from the table to every chart, whichever of them a chart has. */
function chartOf({ title, unit = '', format = 'number', axis, arms }: ArmCurves, all: readonly Arm[]): Chart {
  const place = (name: string) => all.findIndex((arm) => arm.name === name)
  return {
    title,
    unit,
    format,
    ...(axis === undefined ? {} : { axis }),
    series: arms
      .filter(({ steps }) => steps.length > 0)
      .sort((a, b) => place(a.name) - place(b.name))
      .map(({ name, steps, mean, sd }) => ({
        name,
        steps,
        values: mean.map(finite),
        band: {
          low: mean.map((value, i) => finite(value - sd[i])),
          high: mean.map((value, i) => finite(value + sd[i])),
        },
        sparse: steps.length <= 12,
      })),
  }
}

function armsTable({ arms, format = 'number' }: Comparison): Markup {
  const ends = arms.flatMap(({ mean, sd, values }) => [mean - sd, mean + sd, mean, ...values]).filter(Number.isFinite)
  const scale = ticks(Math.min(...ends), Math.max(...ends), 5)
  const low = scale[0]
  const span = scale[scale.length - 1] - low
  const place = (value: number) => `${((100 * (value - low)) / span).toFixed(2)}%`
  const extras = [...new Set(arms.flatMap(({ extra = {} }) => Object.keys(extra)))]
  const heads = extras.map((name) => html`<th scope="col" class="r">${name}</th>`)
  const rows = arms.map((arm, i) => {
    const spread = Number.isFinite(arm.sd) ? ` ± ${formatNumber(arm.sd, format)}` : ''
    const extra = extras.map((name) => {
      const value = arm.extra?.[name]
      return html`<td class="r">${value === undefined ? '–' : formatNumber(value, 'number')}</td>`
    })
    return html`<tr><th scope="row"><i class="key s${i % 7} d${Math.floor(i / 7)}"></i>${arm.name}</th><td class="r">${formatNumber(arm.mean, format)}${spread}</td><td class="r">${arm.n}</td>${extra}<td class="spreads">${strip(arm, i, scale, place)}</td></tr>`
  })
  const axis = html`<svg class="strip axis" aria-hidden="true">${scale.map((tick, i) => html`<text class="tick" x="${place(tick)}" y="14" text-anchor="${i === 0 ? 'start' : i === scale.length - 1 ? 'end' : 'middle'}">${formatNumber(tick, format)}</text>`)}</svg>`
  return html`<div class="scroll"><table class="arms">
<thead><tr><th scope="col">Arm</th><th scope="col" class="r">Mean ± sd</th><th scope="col" class="r">Seeds</th>${heads}<th scope="col">Seed by seed</th></tr></thead>
<tbody>${rows}</tbody><tfoot><tr><td colspan="${3 + extras.length}"></td><td class="spreads">${axis}</td></tr></tfoot></table></div>`
}

function strip(arm: Arm, index: number, scale: readonly number[], place: (value: number) => string): Markup {
  const words = `${arm.name}: ${arm.values.map((value) => formatNumber(value, 'number')).join(', ')}`
  const grid = scale.map((tick) => html`<line class="grid" x1="${place(tick)}" x2="${place(tick)}" y1="-9" y2="39"/>`)
  const spread = Number.isFinite(arm.sd)
    ? html`<line class="spread s${index % 7}" x1="${place(arm.mean - arm.sd)}" x2="${place(arm.mean + arm.sd)}" y1="15" y2="15"/>`
    : html``
  const dots = arm.values.map(
    (value) => html`<circle class="seed s${index % 7}" cx="${place(value)}" cy="15" r="4.5"/>`,
  )
  const mean = html`<line class="mean s${index % 7}" x1="${place(arm.mean)}" x2="${place(arm.mean)}" y1="5" y2="25"/>`
  return html`<svg class="strip" role="img" aria-label="${words}">${grid}${spread}${dots}${mean}</svg>`
}

/** Each answer once, and below it what each arm says of its tokens, in shades of that arm's own largest number. */
function tokenPictures(pictures: readonly TokenPicture[]): Markup {
  const shown = pictures.map(({ title, tokens, rows }) => {
    const lines = rows.map(({ name, values }) => {
      const largest = Math.max(...values.map(Math.abs), 0)
      const cells = tokens.map((token, t) => {
        const { side, strength } = shade(values[t] ?? null, largest)
        return html`<span class="token ${side} k${strength}" title="${formatNumber(values[t] ?? 0, 'number')}">${token.replace(/\n/g, '↵')}</span>`
      })
      return html`<tr><th scope="row">${name}</th><td>${cells}</td></tr>`
    })
    return html`<h3>${title}</h3><div class="scroll"><table class="credit"><tbody>${lines}</tbody></table></div>`
  })
  return html`<section><div class="head"><h2>Credit token by token</h2><p class="quiet">The same answers for every arm; green raises a token, red lowers it, each arm by its own largest.</p></div>${shown}</section>`
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null
}
