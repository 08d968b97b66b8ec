/** report.html: a run at a glance, in one file that fetches nothing: results, curves, rollouts, settings. */
import { basename, join, resolve } from 'node:path'
import { writeFileAtomic } from '../data/atomicFile.ts'
import { chartFunctions } from './html/chart.ts'
import { figures, smoothingSlider } from './html/figures.ts'
import { html, type Markup, page } from './html/page.ts'
import { rolloutFunctions } from './html/rolloutBrowser.ts'
import { formatNumber } from './html/scales.ts'
import { settingsList } from './html/settings.ts'
import { formatOf, metricCharts, titleOf } from './metricCharts.ts'
import { type MetricsLine, type Numbers, readMetrics } from './metricsLog.ts'
import { type RolloutSample, rolloutSample } from './rolloutSample.ts'
import { type RunConfig, readRunConfig } from './runConfig.ts'

/** What the folder cannot know by itself. */
export interface RunSummary {
  /** What was trained on what, in a sentence. */
  readonly task?: string
  /** Results before and after training, by name: accuracy and whatever else was measured. */
  readonly before?: Numbers
  readonly after?: Numbers
  readonly seconds?: number
  readonly tokensPerSecond?: number
}

/**
 * Writes `report.html` into a run's folder from what it holds so far, and returns its path. At most 200 completions
 * are shown, from groups spread evenly over the run; the page says so. Throws a GuerdonError when the folder is no run.
 */
export async function writeReport(folder: string, summary: RunSummary = {}): Promise<string> {
  const config = await readRunConfig(folder)
  const lines: MetricsLine[] = []
  for await (const line of readMetrics(folder)) lines.push(line)
  const sample = await rolloutSample(folder)
  const charts = metricCharts(lines)
  const name = basename(resolve(folder))
  const body = html`<main>
${header(name, config, summary)}
${tiles(lines, summary)}
${results(summary)}
${charts.length > 0 && curves(charts.length, figures(charts))}
${sample.groups.length > 0 && rollouts(sample)}
<section><div class="head"><h2>Settings</h2></div>${settingsList(config.config)}</section>
<footer>Written by Guerdon ${config.guerdon} on Node ${config.node}. This page is one file and fetches nothing.</footer>
</main>`
  const path = join(folder, 'report.html')
  const calls = ['drawCharts(document, data.charts)', 'browseRollouts(document, data.groups)']
  const functions = [...chartFunctions, ...rolloutFunctions]
  await writeFileAtomic(path, page(name, body, { functions, calls, data: { charts, groups: sample.groups } }))
  return path
}

function header(name: string, { seed, started, resumed }: RunConfig, { task }: RunSummary): Markup {
  const restarts = resumed.map(({ step }) => `step ${step}`).join(', ')
  return html`<header>
<p class="eyebrow">Guerdon · training run</p>
<h1>${name}</h1>
${task !== undefined && html`<p class="lead">${task}</p>`}
<div class="meta"><span>started ${started.slice(0, 16).replace('T', ' ')} UTC</span><span>seed ${seed}</span>${resumed.length > 0 && html`<span>resumed after ${restarts}</span>`}</div>
</header>`
}

/** The few numbers one looks for first. */
function tiles(lines: readonly MetricsLine[], { before, after, seconds, tokensPerSecond }: RunSummary): Markup {
  const rewards = lines.flatMap(({ metrics }) => metrics.reward ?? [])
  const tail = Math.max(1, Math.round(rewards.length / 10))
  const shown: Markup[] = []
  if (after?.accuracy !== undefined) {
    const was = before?.accuracy === undefined ? '' : `from ${formatNumber(before.accuracy, 'share')} before training`
    shown.push(tile('Accuracy', formatNumber(after.accuracy, 'share'), was))
  }
  if (rewards.length > 0) {
    const start = formatNumber(meanOf(rewards.slice(0, tail)), 'number')
    shown.push(
      tile('Reward', formatNumber(meanOf(rewards.slice(-tail)), 'number'), `from ${start}; each a tenth of the steps`),
    )
  }
  const last = lines.at(-1)
  if (last !== undefined)
    shown.push(tile('Steps', String(last.step), seconds === undefined ? '' : `in ${duration(seconds)}`))
  if (tokensPerSecond !== undefined)
    shown.push(tile('Speed', formatNumber(tokensPerSecond, 'number'), 'tokens per second'))
  return html`<div class="tiles">${shown}</div>`
}

function tile(name: string, value: string, note: string): Markup {
  return html`<div class="tile"><h4>${name}</h4><strong>${value}</strong><span>${note}</span></div>`
}

/** The closing table: every result before, after, and by how much it moved. */
function results({ before = {}, after = {} }: RunSummary): Markup | false {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  if (names.length === 0) return false
  const cell = (name: string, value: number | undefined) =>
    value === undefined ? '–' : formatNumber(value, formatOf(name))
  const rows = names.map((name) => {
    const moved = before[name] === undefined || after[name] === undefined ? undefined : after[name] - before[name]
    const sign = moved !== undefined && moved > 0 ? '+' : ''
    const change = moved === undefined ? '–' : sign + formatNumber(moved, formatOf(name)).replace('%', ' points')
    const kind = moved === undefined || moved === 0 ? '' : moved > 0 ? 'rise' : 'fall'
    return html`<tr><th scope="row">${titleOf(name)}</th><td class="r">${cell(name, before[name])}</td><td class="r">${cell(name, after[name])}</td><td class="r ${kind}">${change}</td></tr>`
  })
  return html`<section><div class="head"><h2>Before and after</h2></div><div class="scroll"><table>
<thead><tr><th scope="col">Result</th><th scope="col" class="r">Before</th><th scope="col" class="r">After</th><th scope="col" class="r">Change</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`
}

function curves(count: number, drawn: Markup): Markup {
  return html`<section><div class="head"><h2>Curves</h2>${smoothingSlider(60)}</div>
<noscript><p class="quiet">The ${count} charts are drawn by a script, which is switched off here.</p></noscript>
<div class="charts">${drawn}</div></section>`
}

function rollouts({ groups, kept }: RolloutSample): Markup {
  const steps = new Set(groups.map(({ step }) => step)).size
  const completions = groups.reduce((sum, group) => sum + group.completions.length, 0)
  const which =
    groups.length === kept ? `all ${kept} groups` : `${groups.length} of ${kept} groups, spread evenly over the run`
  return html`<section><div class="head"><h2>Rollouts</h2><p class="quiet">${completions} completions in ${which} of rollouts.jsonl</p></div>
<div class="controls"><label for="step">Step <output id="step-name" for="step"></output></label>
<button data-move="-1" aria-label="Earlier step">←</button><input type="range" id="step" min="0" max="${steps - 1}" value="0"><button data-move="1" aria-label="Later step">→</button>
<div id="groups" class="tabs" role="group" aria-label="Groups of this step"></div></div>
<div id="group"></div></section>`
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function duration(seconds: number): string {
  if (seconds < 60) return `${formatNumber(seconds, 'number')} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}
