/** The places in a page where html/chart.ts draws, with what can be read without drawing. */
import type { Chart, Series } from './chart.ts'
import { html, type Markup } from './page.ts'

/** One figure per chart, in order; the page's data must hold the same charts. */
export function figures(charts: readonly Chart[]): Markup {
  return html`${charts.map(figure)}`
}

/** A slider for the curves' smoothing, found by html/chart.ts. */
export function smoothingSlider(initial: number): Markup {
  return html`<label for="smoothing">Smoothing <input type="range" id="smoothing" min="0" max="98" value="${initial}"></label>`
}

function figure({ title, unit, series }: Chart, index: number): Markup {
  const steps = series.flatMap((one) => one.steps)
  const [first, last] = [steps.reduce((a, b) => Math.min(a, b)), steps.reduce((a, b) => Math.max(a, b))]
  return html`<figure class="chart" data-chart="${index}">
<figcaption><div class="top"><h3>${title} <span class="unit">${unit}</span></h3><span class="at"></span></div>
${legend(series)}</figcaption>
<div class="plot" tabindex="0" role="slider" aria-label="${title} by step" aria-orientation="horizontal" aria-valuemin="${first}" aria-valuemax="${last}"></div>
</figure>
`
}

/** A curve that is alone needs no name beside its value. */
function legend(series: readonly Series[]): Markup {
  if (series.length === 1) return html`<p class="only value"></p>`
  const rows = series.map(
    ({ name }, i) =>
      html`<li><i class="key s${i % 7} d${Math.floor(i / 7)}"></i><span>${name}</span><b class="value"></b></li>`,
  )
  return html`<ul class="legend">${rows}</ul>`
}
