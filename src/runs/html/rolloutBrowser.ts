/**
 * The rollouts of a report: choose a step and a group, read each completion with its tokens shaded by advantage.
 * The functions of this file run in the reader's browser: they are written into the page by their source, so they use
 * nothing but each other, html/scales.ts and the page. What a model said enters the page as text only.
 */
import type { PageDocument, PageElement } from './dom.ts'
import { formatNumber, shade } from './scales.ts'

/** A group as the page shows it. */
export interface GroupView {
  readonly step: number
  readonly group: number
  readonly messages: readonly { readonly role: string; readonly text: string }[]
  readonly reference?: string
  readonly completions: readonly CompletionView[]
  /** How many more completions the group had. */
  readonly left: number
}

export interface CompletionView {
  readonly text: string
  readonly finish: string
  readonly tokens: readonly string[]
  readonly advantages: readonly (number | null)[]
  readonly logprobs: readonly (number | null)[]
  readonly value?: number
  /** Score parts, confidence and whatever else has a name and a number. */
  readonly parts: readonly (readonly [name: string, value: number | null])[]
  readonly feedback?: string
  readonly unscored?: { readonly at: string; readonly reason: string }
  /** How many more tokens it had. */
  readonly left: number
}

type Build = (tag: string, className: string, ...children: (PageElement | string)[]) => PageElement

/** Wires the rollouts section: the step slider `#step`, the buttons beside it, the group buttons, and the view. */
export function browseRollouts(page: PageDocument, groups: readonly GroupView[]): void {
  const slider = page.getElementById('step')
  const view = page.getElementById('group')
  const tabs = page.getElementById('groups')
  const output = page.getElementById('step-name')
  if (slider === null || view === null || tabs === null || output === null) return
  const build: Build = (tag, className, ...children) => {
    const element = page.createElement(tag)
    element.className = className
    element.append(...children)
    return element
  }
  const tip = build('div', 'tip')
  tip.setAttribute('role', 'status')
  tip.hidden = true
  page.body.append(tip)
  const steps = [...new Set(groups.map((group) => group.step))]
  const buttons = [...page.querySelectorAll('[data-move]')]

  const showGroup = (group: GroupView) => {
    tip.hidden = true
    for (const tab of tabs.querySelectorAll('button')) {
      tab.setAttribute('aria-pressed', String(tab.dataset.group === String(group.group)))
    }
    view.replaceChildren(...groupElements(build, tip, group))
  }
  const showStep = (index: number) => {
    const here = groups.filter((group) => group.step === steps[index])
    slider.value = String(index)
    slider.setAttribute('aria-valuetext', `step ${steps[index]}`)
    output.textContent = String(steps[index])
    buttons[0].disabled = index === 0
    buttons[1].disabled = index === steps.length - 1
    const choices = here.map((group) => {
      const button = build('button', 'tab', `Group ${group.group + 1}`)
      button.dataset.group = String(group.group)
      button.addEventListener('click', () => showGroup(group))
      return button
    })
    tabs.replaceChildren(...choices)
    showGroup(here[0])
  }
  slider.addEventListener('input', () => showStep(Number(slider.value)))
  for (const button of buttons) {
    button.addEventListener('click', () => showStep(Number(slider.value) + Number(button.dataset.move)))
  }
  showStep(steps.length - 1)
}

/** The prompt, the scale of shades, and the completions. */
function groupElements(build: Build, tip: PageElement, group: GroupView): PageElement[] {
  const said = group.messages.map(({ role, text }) =>
    build('div', 'message', build('h4', '', role), build('pre', '', text)),
  )
  const reference =
    group.reference === undefined
      ? []
      : [build('div', 'message', build('h4', '', 'reference'), build('pre', '', group.reference))]
  const advantages = group.completions.flatMap((completion) => completion.advantages)
  const largest = advantages.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 0)
  const bound = formatNumber(largest, 'number')
  const scale =
    largest === 0
      ? build('p', 'quiet', 'Every advantage in this group is zero: nothing to shade.')
      : build(
          'div',
          'scale',
          build('span', '', 'advantage'),
          build('span', 'number', `−${bound}`),
          build('span', 'ramp'),
          build('span', 'number', `+${bound}`),
        )
  const cards = group.completions.map((completion, i) => completionCard(build, tip, completion, i, largest))
  const more =
    group.left > 0 ? [build('p', 'quiet', `${group.left} more completions of this group are in rollouts.jsonl.`)] : []
  return [build('div', 'prompt', ...said, ...reference), scale, build('div', 'cards', ...cards), ...more]
}

function completionCard(
  build: Build,
  tip: PageElement,
  completion: CompletionView,
  index: number,
  largest: number,
): PageElement {
  const { value, unscored, parts, feedback, tokens, text } = completion
  const score =
    value === undefined
      ? [build('span', 'score none', 'unscored')]
      : [build('span', 'caption', 'reward'), build('span', 'score', formatNumber(value, 'number'))]
  const known = completion.advantages.filter((advantage) => advantage !== null)
  const mean = known.reduce((sum, advantage) => sum + advantage, 0) / Math.max(1, known.length)
  const { side } = shade(mean, largest)
  const facts = [
    build('span', 'chip', `#${index + 1}`),
    build('span', 'chip', `${tokens.length + completion.left} tokens`),
    build(
      'span',
      completion.finish === 'length' ? 'chip warn' : 'chip',
      completion.finish === 'length' ? 'cut at the limit' : 'ended by itself',
    ),
  ]
  if (unscored === undefined) {
    facts.push(build('span', `chip ${side}`, `mean advantage ${mean > 0 ? '+' : ''}${formatNumber(mean, 'number')}`))
  }
  const card = build('article', 'completion', build('header', '', ...score, ...facts))
  card.append(tokens.length === 0 ? build('pre', 'tokens', text) : tokenBlock(build, tip, completion, index, largest))
  if (completion.left > 0) card.append(build('p', 'quiet', `${completion.left} more tokens are in rollouts.jsonl.`))
  if (unscored !== undefined)
    card.append(
      build('div', 'note unscored', build('h4', '', `Unscored at: ${unscored.at}`), build('pre', '', unscored.reason)),
    )
  if (parts.length > 0) {
    const cells = parts.map(([name, part]) =>
      build('div', '', build('dt', '', name), build('dd', '', part === null ? '–' : formatNumber(part, 'number'))),
    )
    card.append(build('dl', 'parts', ...cells))
  }
  if (feedback !== undefined) card.append(build('div', 'note', build('h4', '', 'Feedback'), build('pre', '', feedback)))
  // Stop strings and split characters make the text that was scored another than its tokens' texts together.
  if (completion.left === 0 && !tokens.join('').startsWith(text)) {
    card.append(build('details', 'note', build('summary', '', 'Text as scored'), build('pre', '', text)))
  }
  return card
}

/** The shaded tokens; the pointer or, once in focus, the arrow keys read them out. */
function tokenBlock(
  build: Build,
  tip: PageElement,
  completion: CompletionView,
  index: number,
  largest: number,
): PageElement {
  const spans = completion.tokens.map((token, t) => {
    const { side, strength } = shade(completion.advantages[t] ?? null, largest)
    const span = build('span', `token ${side} k${strength}`, token.replace(/\n/g, '↵\n'))
    span.dataset.t = String(t)
    return span
  })
  const block = build('div', 'tokens', ...spans)
  block.tabIndex = 0
  block.setAttribute('role', 'group')
  block.setAttribute('aria-label', `Tokens of completion ${index + 1}. The arrow keys read them one by one.`)
  let current = -1
  const mark = (t: number) => {
    if (current >= 0) spans[current].dataset.on = 'no'
    current = t
    tip.hidden = t < 0
    if (t < 0) return
    spans[t].dataset.on = 'yes'
    showTip(build, tip, spans[t], completion, t)
  }
  block.addEventListener('pointerover', (event) => {
    const span = event.target.closest('.token')
    if (span !== null) mark(Number(span.dataset.t))
  })
  block.addEventListener('pointerleave', () => mark(-1))
  block.addEventListener('blur', () => mark(-1))
  block.addEventListener('keydown', (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (move === undefined) return
    event.preventDefault()
    mark(Math.max(0, Math.min(spans.length - 1, current + move)))
  })
  return block
}

function showTip(build: Build, tip: PageElement, span: PageElement, completion: CompletionView, t: number): void {
  const row = (name: string, value: string) => build('div', '', build('dt', '', name), build('dd', '', value))
  const advantage = completion.advantages[t] ?? null
  const logprob = completion.logprobs[t] ?? null
  const rows = [
    row(`token ${t + 1}`, JSON.stringify(completion.tokens[t])),
    row('advantage', advantage === null ? '–' : `${advantage > 0 ? '+' : ''}${formatNumber(advantage, 'number')}`),
    row('log-prob', logprob === null ? '–' : formatNumber(logprob, 'number')),
    row('probability', logprob === null ? '–' : formatNumber(Math.exp(logprob), 'share')),
  ]
  tip.replaceChildren(build('dl', '', ...rows))
  const box = span.getBoundingClientRect()
  const size = tip.getBoundingClientRect()
  const rightmost = tip.closest('body')?.clientWidth ?? 0
  tip.style.setProperty('left', `${Math.max(8, Math.min(box.left, rightmost - size.width - 8))}px`)
  tip.style.setProperty('top', `${box.bottom + 6}px`)
}

/** The functions a page with rollouts needs, for html/page.ts. */
export const rolloutFunctions = [
  formatNumber,
  shade,
  browseRollouts,
  groupElements,
  completionCard,
  tokenBlock,
  showTip,
]
