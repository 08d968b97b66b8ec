import assert from 'node:assert/strict'
import { test } from 'node:test'
import { styleSheet } from '../../../src/runs/html/style.ts'

type Color = readonly number[]

/** The custom colours of the light scheme and of the dark one. */
function schemes(): Record<string, Record<string, Color>> {
  const [light, dark] = styleSheet.split('@media (prefers-color-scheme: dark)')
  const colors = (css: string) =>
    Object.fromEntries(
      Array.from(css.matchAll(/--(\w+): #([0-9a-f]{6})/g), ([, name, hex]) => [name, [...Buffer.from(hex, 'hex')]]),
    )
  return { light: colors(light), dark: { ...colors(light), ...colors(dark) } }
}

/** WCAG 2.2: relative luminance and contrast ratio. */
function luminance(color: Color): number {
  const [r, g, b] = color.map((channel) => {
    const share = channel / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: Color, b: Color): number {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light + 0.05) / (dark + 0.05)
}

const mix = (a: Color, b: Color, share: number) => a.map((channel, i) => share * channel + (1 - share) * b[i])

for (const [name, color] of Object.entries(schemes())) {
  test(`${name}: text can be read on everything it stands on (WCAG AA, 4.5)`, () => {
    for (const text of ['ink', 'soft', 'gold', 'upText', 'downText']) {
      for (const ground of ['paper', 'card', 'faint']) {
        const ratio = contrast(color[text], color[ground])
        assert.ok(ratio >= 4.5, `${text} on ${ground}: ${ratio.toFixed(2)}`)
      }
    }
    const shades = Array.from(
      styleSheet.matchAll(/\.token\.(up|down)\.k\d+ \{ background: color-mix\(in srgb, var\(--\w+\) (\d+)%/g),
    )
    assert.equal(shades.length, 20)
    for (const [, side, percent] of shades) {
      const ratio = contrast(color.ink, mix(color[side], color.card, Number(percent) / 100))
      assert.ok(ratio >= 4.5, `ink on ${side} ${percent}%: ${ratio.toFixed(2)}`)
    }
  })

  test(`${name}: curves stand out from their card (WCAG 1.4.11, 3)`, () => {
    for (let i = 0; i < 7; i++) {
      const ratio = contrast(color[`s${i}`], color.card)
      assert.ok(ratio >= 3, `s${i}: ${ratio.toFixed(2)}`)
    }
  })
}
