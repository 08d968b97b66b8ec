/** Settings as a list of names and values. */
import { flatten, type Settings } from '../runConfig.ts'
import { html, type Markup } from './page.ts'

/** Nested settings by their dotted names. */
export function settingsList(settings: Settings): Markup {
  const rows = flatten(settings).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return html`<div><dt>${name}</dt><dd>${text}</dd></div>`
  })
  return html`<dl class="settings">${rows}</dl>`
}
