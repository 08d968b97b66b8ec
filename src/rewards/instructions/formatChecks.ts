/** Instructions on the form of an answer (IFEval's detectable_format and detectable_content). */
import { z } from 'zod'
import { parseJson } from '../../text/jsonInText.ts'
import { literalPattern } from '../../text/literalPattern.ts'
import { type CheckMaker, compared, count, defineCheck, either } from './check.ts'

const nothing = z.object({})

export const formatChecks: Readonly<Record<string, CheckMaker>> = {
  // Lines that start with - or with a single *; a star alone on its line counts when another line follows.
  'detectable_format:number_bullet_lists': defineCheck(z.object({ num_bullets: count }), (text, wanted) => {
    const lines = text.split('\n').map((line) => line.trimStart())
    const bullets = lines.filter((line, i) => /^(?:-|\*[^*])/.test(line) || (line === '*' && i < lines.length - 1))
    return compared(bullets.length, 'exactly', wanted.num_bullets, 'bullet points')
  }),

  // *so* and **so**; the inner stars of a double one count as well, as IFEval counts them.
  'detectable_format:number_highlighted_sections': defineCheck(z.object({ num_highlights: count }), (text, wanted) => {
    const single = text.match(/\*[^\n*]*\*/g) ?? []
    const double = text.match(/\*\*[^\n*]*\*\*/g) ?? []
    const filled = [...single, ...double].filter((piece) => /[^*\s]/.test(piece))
    return compared(filled.length, 'at least', wanted.num_highlights, 'highlighted sections')
  }),

  'detectable_format:multiple_sections': defineCheck(
    z.object({ section_spliter: z.string().min(1), num_sections: count }),
    (text, wanted) => {
      const heading = new RegExp(`${literalPattern(wanted.section_spliter.trim())}\\s?\\d+`, 'g')
      return compared(text.match(heading)?.length ?? 0, 'at least', wanted.num_sections, 'numbered sections')
    },
  ),

  'detectable_format:json_format': defineCheck(nothing, (text) => {
    const bare = text
      .trim()
      .replace(/^```(?:json|Json|JSON)?/, '')
      .replace(/```$/, '')
    const found = parseJson(bare)
    return either(found.kind === 'json', 'JSON', found.kind === 'none' ? found.reason : '')
  }),

  // <<so>>, on one line.
  'detectable_format:title': defineCheck(nothing, (text) => {
    const titled = text.split('\n').some((line) => {
      const [open, close] = [line.indexOf('<<'), line.lastIndexOf('>>')]
      return open >= 0 && close > open + 2 && /[^<>\s]/.test(line.slice(open + 2, close))
    })
    return either(titled, 'a title', 'no title in << >>')
  }),

  'detectable_format:constrained_response': defineCheck(nothing, (text) => {
    const given = ['yes', 'no', 'maybe'].some((word) => text.includes(`My answer is ${word}.`))
    return either(given, 'one of the three answers', "none of 'My answer is yes.', '... no.', '... maybe.'")
  }),

  // [so], on one line.
  'detectable_content:number_placeholders': defineCheck(z.object({ num_placeholders: count }), (text, wanted) => {
    return compared(placeholders(text), 'at least', wanted.num_placeholders, 'placeholders in [ ]')
  }),

  'detectable_content:postscript': defineCheck(z.object({ postscript_marker: z.string().min(1) }), (text, wanted) => {
    const marker = wanted.postscript_marker.trim()
    // The two common marks may be written with spaces.
    const known: Record<string, RegExp> = { 'P.S.': /p\.\s?s\./i, 'P.P.S': /p\.\s?p\.\s?s/i }
    const there = known[marker]?.test(text) ?? text.toLowerCase().includes(marker.toLowerCase())
    return either(there, `a postscript ${marker}`, `no postscript ${marker}`)
  }),
}

function placeholders(text: string): number {
  let found = 0
  for (const line of text.split('\n')) {
    let from = line.indexOf('[')
    while (from >= 0) {
      const end = line.indexOf(']', from)
      if (end < 0) break
      found++
      from = line.indexOf('[', end)
    }
  }
  return found
}
