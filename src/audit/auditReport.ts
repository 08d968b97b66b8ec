/** An audit as one HTML file that fetches nothing: each figure with its interval on its scale, its limit, and answers that show it. */
import { writeFileAtomic } from '../data/atomicFile.ts'
import { html, type Markup, page } from '../runs/html/page.ts'
import { formatNumber, ticks } from '../runs/html/scales.ts'
import type { Audit, AuditedProbe, JudgedFigure } from './audit.ts'
import type { Example, Finding } from './probe.ts'

/** Writes the report to `file`. */
export async function writeAuditReport(file: string, audit: Audit): Promise<void> {
  const counts = countVerdicts(audit)
  const body = html`<main>
<header><p class="eyebrow">Guerdon · audit</p><h1>${audit.reward}</h1><p class="lead">Can this reward be trusted? ${audit.answers} answers to ${audit.prompts} prompts; every interval covers 95 %.</p>
<div class="meta"><span>a success is a value of ${formatNumber(audit.threshold, 'number')} or more</span><span>changes are counted in the reward’s width, ${formatNumber(audit.width, 'number')}</span><span>${audit.unscored} answers could not be scored</span></div>
<p class="verdict ${{ pass: 'yes', unsure: 'yes', fail: 'no' }[audit.verdict]}"><strong>${conclusions[audit.verdict]}</strong></p></header>
<div class="tiles">${(['fail', 'unsure', 'pass'] as const).map((verdict) => html`<div class="tile"><span>${tiles[verdict]}</span><strong>${counts[verdict]}</strong></div>`)}</div>
${audit.probes.map(probeSection)}
<footer>Written by Guerdon. This page is one file and fetches nothing.</footer>
</main>`
  await writeFileAtomic(file, page(`Audit of ${audit.reward}`, body, { functions: [], calls: [], data: {} }))
}

const conclusions = {
  pass: 'Every figure keeps to its limit',
  unsure: 'Nothing broke its limit; some intervals reach beyond theirs',
  fail: 'Some figures break their limits',
}

const tiles = { fail: 'figures beyond their limit', unsure: 'too few answers to tell', pass: 'within their limit' }

/** How many figures have each verdict. */
export function countVerdicts({ probes }: Audit): Record<'pass' | 'unsure' | 'fail', number> {
  const counts = { pass: 0, unsure: 0, fail: 0 }
  for (const { figures } of probes) for (const { verdict } of figures) if (verdict !== undefined) counts[verdict]++
  return counts
}

function probeSection(probe: AuditedProbe): Markup {
  const { title, question, figures, skipped, examples = [], bins = [], unscored } = probe
  return html`<section><div class="head"><h2>${title}</h2>${unscored > 0 && html`<span class="quiet">${unscored} answers could not be scored</span>`}</div>
<p class="quiet">${question}</p>
${skipped !== undefined ? html`<p class="quiet">Not measured: ${skipped}.</p>` : figuresTable(figures)}
${bins.length > 1 && reliability(bins)}
${examples.length > 0 && html`<details><summary>Answers that show it</summary>${examples.map(exampleCard)}</details>`}</section>`
}

function figuresTable(figures: readonly JudgedFigure[]): Markup {
  const ends = figures.flatMap(({ low, high, value }) => [low, high, value])
  const shares = figures.every(({ kind }) => kind === 'share')
  const scale = ticks(Math.min(0, ...ends), Math.max(shares ? 0.05 : 0, ...ends), 5)
  const span = scale[scale.length - 1] - scale[0]
  const place = (value: number) => `${((100 * (value - scale[0])) / span).toFixed(2)}%`
  const rows = figures.map((figure) => {
    const verdict = figure.verdict
    const chip =
      verdict !== undefined &&
      html`<span class="chip ${{ pass: 'up', unsure: 'warn', fail: 'down' }[verdict]}">${verdict}</span>`
    return html`<tr><th scope="row">${figure.title}</th><td class="r">${shown(figure, figure.value)} <span class="caption">[${shown(figure, figure.low)}, ${shown(figure, figure.high)}]</span></td><td class="r">${limitText(figure)} ${chip}</td><td class="spreads">${strip(figure, scale, place)}</td></tr>`
  })
  const axis = html`<svg class="strip axis" aria-hidden="true">${scale.map((tick, i) => html`<text class="tick" x="${place(tick)}" y="14" text-anchor="${i === 0 ? 'start' : i === scale.length - 1 ? 'end' : 'middle'}">${formatNumber(tick, 'number')}</text>`)}</svg>`
  return html`<div class="scroll"><table class="arms">
<thead><tr><th scope="col">Figure</th><th scope="col" class="r">Value [95 %]</th><th scope="col" class="r">Limit</th><th scope="col">Where it lies</th></tr></thead>
<tbody>${rows}</tbody><tfoot><tr><td colspan="3"></td><td class="spreads">${axis}</td></tr></tfoot></table></div>`
}

type Placed = (value: number) => string

function strip(figure: JudgedFigure, scale: readonly number[], place: Placed): Markup {
  const colour = figure.verdict === 'fail' ? 1 : figure.verdict === undefined ? 6 : 0
  const grid = scale.map((tick) => html`<line class="grid" x1="${place(tick)}" x2="${place(tick)}" y1="-9" y2="39"/>`)
  const words = `${figure.title}: ${shown(figure, figure.value)}, from ${shown(figure, figure.low)} to ${shown(figure, figure.high)}`
  const marks = limitMarks(figure)
    .filter((mark) => mark >= scale[0] && mark <= scale[scale.length - 1])
    .map((mark) => html`<line class="cursor" x1="${place(mark)}" x2="${place(mark)}" y1="0" y2="30"/>`)
  return html`<svg class="strip" role="img" aria-label="${words}">${grid}${marks}<line class="spread s${colour}" x1="${place(figure.low)}" x2="${place(figure.high)}" y1="15" y2="15"/><line class="mean s${colour}" x1="${place(figure.value)}" x2="${place(figure.value)}" y1="6" y2="24"/></svg>`
}

function limitMarks({ limit }: JudgedFigure): number[] {
  if (limit === undefined) return []
  if ('most' in limit) return [limit.most]
  return 'least' in limit ? [limit.least] : [-limit.within, limit.within]
}

/** A figure's limit in words: "at most 5 %". */
export function limitText(figure: JudgedFigure): string {
  const { limit } = figure
  if (limit === undefined) return ''
  if ('most' in limit) return `at most ${shown(figure, limit.most)}`
  return 'least' in limit ? `at least ${shown(figure, limit.least)}` : `within ±${shown(figure, limit.within)}`
}

/** A value as its kind is written: shares and changes in per cent. */
export function shown({ kind }: Pick<JudgedFigure, 'kind'>, value: number): string {
  return kind === 'number' ? value.toFixed(2) : `${(100 * value).toFixed(1)} %`
}

function reliability(bins: NonNullable<Finding['bins']>): Markup {
  const [size, margin] = [260, 34]
  const at = (value: number) => margin + value * (size - 2 * margin)
  const up = (value: number) => size - at(value)
  const lines = [0, 0.5, 1].map(
    (tick) =>
      html`<line class="grid" x1="${at(tick)}" x2="${at(tick)}" y1="${up(0)}" y2="${up(1)}"/><line class="grid" x1="${at(0)}" x2="${at(1)}" y1="${up(tick)}" y2="${up(tick)}"/><text class="tick" x="${at(tick)}" y="${size - 14}" text-anchor="middle">${tick}</text><text class="tick" x="${margin - 8}" y="${up(tick) + 4}" text-anchor="end">${tick}</text>`,
  )
  const points = bins.map(
    ({ predicted, observed, low, high }) =>
      html`<line class="spread s0" x1="${at(predicted)}" x2="${at(predicted)}" y1="${up(low)}" y2="${up(high)}"/><circle class="seed s0" cx="${at(predicted)}" cy="${up(observed)}" r="4.5"/>`,
  )
  return html`<figure class="chart"><h3>Share that is right, by value</h3><svg width="${size}" height="${size}" role="img" aria-label="reliability: share right against value">${lines}<line class="cursor" x1="${at(0)}" x2="${at(1)}" y1="${up(0)}" y2="${up(1)}"/>${points}</svg></figure>`
}

function exampleCard({ prompt, answer, before, after }: Example): Markup {
  const change =
    before === undefined
      ? formatNumber(after, 'number')
      : `${formatNumber(before, 'number')} → ${formatNumber(after, 'number')}`
  return html`<div class="note"><p class="caption">${prompt}: ${change}</p><pre>${answer === '' ? '(empty)' : answer === ' ' ? '(one blank)' : answer}</pre></div>`
}
