/**
 * The final answer inside free text: whichever of \boxed{}, <answer>, ####, a heading and "the answer is" comes last; where
 * there is none of them, the last formula, bold type, what the last line says something is, or the last number. A text that
 * is nothing but an answer is taken whole.
 *
 * Linear in the length of the text: only its last part is searched, except for \boxed{}.
 */
import { type Boxed, lastBoxed } from './boxed.ts'
import { formulasIn } from './formulas.ts'
import { extractNumber } from './number.ts'

export interface ExtractedAnswer {
  readonly text: string
  /** Where it was found. */
  readonly from: 'whole' | 'boxed' | 'tag' | 'marker' | 'phrase' | 'formula' | 'bold' | 'line' | 'number' | 'nowhere'
}

/** What a few-shot prompt teaches models to say behind the answer, and everything after it. */
const CLOSING_WORDS = /\s(?:I hope it is correct|<\|im_start\|>|<\|im_end\|>)[\s\S]*$/

interface Found extends ExtractedAnswer {
  readonly at: number
}

// Where the end of a long text is searched, and the longest stretch an answer may take.
const TAIL = 20_000
const LONGEST = 4_000

/** The answer a text gives. `text` is empty where it gives none. */
export function extractAnswer(text: string): ExtractedAnswer {
  const spoken = afterThinking(text)
  return spoken.length <= LONGEST && isBare(spoken.trim()) ? { text: spoken.trim(), from: 'whole' } : search(spoken)
}

/** What follows the last </think>, where anything does: a draft is no answer. */
function afterThinking(text: string): string {
  const end = text.lastIndexOf('</think>')
  const rest = end < 0 ? '' : text.slice(end + '</think>'.length)
  return /\S/.test(rest) ? rest : text
}

function search(text: string): ExtractedAnswer {
  const offset = Math.max(0, text.length - TAIL)
  const tail = text.slice(offset).replace(CLOSING_WORDS, '')
  const box = lastBoxed(text)
  let best = box === undefined ? undefined : boxedAnswer(text, box)
  // What stands inside the last box is the box's: \boxed{\text{The answer is } 5}.
  const from = box?.end ?? 0
  for (const mark of [lastTag(tail, offset), lastMarker(tail, offset), lastPhrase(tail, offset)]) {
    if (mark !== undefined && mark.at >= from && (best === undefined || mark.at > best.at)) best = mark
  }
  if (best !== undefined) return { text: best.text, from: best.from }
  const verdict = VERDICT.exec(tail)
  if (verdict !== null && text.length < LONGEST) return { text: verdict[1], from: 'phrase' }
  return unmarked(tail)
}

/** Yes or no, and then why. */
const VERDICT = /^\s*(yes|no|true|false)\s*[,.;:!-]\s/i

/** The last box as an answer; boxes joined by "and", "or" or a comma are one. */
function boxedAnswer(text: string, last: Boxed): Found {
  let { start, content } = last
  for (let i = 0; i < 20; i++) {
    const before = lastBoxed(text, start)
    if (before === undefined || before.end > start || start - before.end > 60 || !joins(text.slice(before.end, start)))
      break
    content = `${before.content}, ${content}`
    start = before.start
  }
  return { text: content.slice(0, LONGEST + 1), from: 'boxed', at: start }
}

/** Whether what stands between two boxes makes them one answer: nothing, a comma, or a stretch of a sentence with "and" or "or". */
function joins(between: string): boolean {
  const bare = between.replace(/\\[()[\],;! ]|\\q?quad|\$/g, ' ').trim()
  if (/\n\s*\n|[.?!]\s/.test(bare)) return false
  if (/\b(?:but|thus|so|wait|not?|actually|hence|then|instead)\b/i.test(bare)) return false
  return bare === '' || /^[,;]$/.test(bare) || /\b(?:and|or)\b/.test(bare)
}

function lastTag(tail: string, offset: number): Found | undefined {
  const open = tail.lastIndexOf('<answer>')
  if (open < 0) return undefined
  const from = open + '<answer>'.length
  const close = tail.indexOf('</answer>', from)
  const inside = tail.slice(from, close < 0 ? undefined : close).trim()
  // What stands in the tag may itself be prose with an answer in it.
  return { text: isBare(inside) ? inside : unmarked(inside).text, from: 'tag', at: offset + open }
}

function lastMarker(tail: string, offset: number): Found | undefined {
  const hashes = tail.lastIndexOf('####')
  let at = hashes
  let length = 4
  for (const match of tail.matchAll(/(?:^|\n)[ \t]*A:/g)) {
    if (match.index >= at) {
      at = match.index
      length = match[0].length
    }
  }
  if (at < 0) return undefined
  const line = tail
    .slice(at + length)
    .trimStart()
    .split('\n', 1)[0]
    .trim()
  // Four hashes also start a heading.
  return line === '' || /^answer\b/i.test(line) || (length === 4 && !/[\d$\\]/.test(line) && line.split(' ').length > 4)
    ? undefined
    : { text: line, from: 'marker', at: offset + at }
}

const PHRASE =
  /\b(?:(?:answer|ans|solution|result)\b[*_]{0,3}(?:\s+(?:to|for|of|in)\s[^.\n:=]{1,80}?)?\s*(?:is|are|was|equals|must be|would be|should be|[:=])|(?:correct|right|best)\s+(?:option|choice|answer)\s*(?:is|:)|final answer[*_#:]{0,4}\s*\n)[\s:*_]*(?:(?:that|therefore|thus|option|choice|simply|just|for sure|definitely|clearly|probably)\s+)?/gi
/** A heading with the answer below it. */
const HEADING = /(?:^|\n)#{1,6} *(?:the +)?(?:final +)?answer *:? *\n/gi
const OPTION_IS_RIGHT = /\b(?:option|choice|answer)\s+\(?([A-J])\)?\s+is\s+(?:the\s+)?(?:correct|right|best|answer)/gi

function lastPhrase(tail: string, offset: number): Found | undefined {
  const phrases = [...tail.matchAll(PHRASE)].slice(-MOST_PHRASES).reverse()
  let found: Found | undefined
  for (const match of phrases) {
    const from = match.index + match[0].length
    const text = clause(tail.slice(from, from + LONGEST))
    if (text === '' || !SAYS_SOMETHING.test(text)) continue
    found = { text, from: 'phrase', at: offset + match.index }
    break
  }
  const heading = [...tail.matchAll(HEADING)].at(-1)
  if (heading !== undefined && (found === undefined || offset + heading.index > found.at)) {
    const text = clause(tail.slice(heading.index + heading[0].length))
    if (text !== '') found = { text, from: 'phrase', at: offset + heading.index }
  }
  const right = [...tail.matchAll(OPTION_IS_RIGHT)].at(-1)
  if (right === undefined || (found !== undefined && found.at > offset + right.index)) return found
  return { text: right[1], from: 'phrase', at: offset + right.index }
}

/** How many of the last phrases are looked at for one that says something. */
const MOST_PHRASES = 20

/** Digits, formulae, one letter, or a few words that are answers; not "the answer is correct". */
const SAYS_SOMETHING =
  /[\d$\\√π∞∅²³=]|^[("]?[A-Za-z][)".]?(?:$|[\s,])|^(?:yes|no|true|false|none|never|always|sometimes|even|odd|undefined|infinit\w*|does not exist|zero|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\b|^(?!correct|right|wrong|incorrect|not |that |the )[^\s]+$/i

/** What a text says from its start to the end of the sentence, explanations left out. */
function clause(behind: string): string {
  // \text{Answer: }5
  const text = behind.replace(/^\s*\}/, '')
  const formulae = leadingFormulae(text)
  if (formulae !== undefined) return formulae
  const line = text.trimStart().split('\n', 1)[0]
  const sentence = line.split(
    /[.?](?=\s|$)|\s(?:because|since|where|which|when|as there|so that)\b|,\s(?:but|which|because|since|so|where|as|it|this|that|not|they|we|he|she)\b/,
    1,
  )[0]
  const said = sentence.replace(/\*\*|__/g, '').trim()
  return PROSE.test(said) && /\d/.test(said) ? unmarked(said).text : said
}

/** The formula a text begins with, and others joined to it by commas or "and"; with one or two words (a unit) behind. */
function leadingFormulae(text: string): string | undefined {
  const start = text.replace(/^(?:\s|\*)+/, '')
  const [first, ...others] = formulasIn(start)
  if (first === undefined || first.start > 0) return undefined
  let { content: joined, end } = first
  for (const next of others) {
    const join = joinOf(start.slice(end, next.start))
    if (join === undefined) break
    joined += join + next.content
    end = next.end
  }
  const unit = /^ ?((?:[a-z²³°%/^]+ ?){1,3})(?=[.,;!?\n]|$)/.exec(start.slice(end, end + 60))
  return unit === null || PROSE.test(unit[1]) ? joined : `${joined} ${unit[1].trim()}`
}

/** The last formula of a text, and those that a comma, "and" or "or" joins to it. */
function lastFormula(text: string): { text: string; end: number } | undefined {
  let found: { text: string; end: number } | undefined
  for (const { content, start, end } of formulasIn(text)) {
    const join = found === undefined ? undefined : joinOf(text.slice(found.end, start))
    found = { text: join === undefined ? content : `${found?.text}${join}${content}`, end }
  }
  return found
}

/** How formulae that follow one another make one answer: by a comma, or by "or"; undefined where they do not. */
function joinOf(between: string): string | undefined {
  if (between.length > 20 || !/^\s*(?:,|;|,?\s*and|,?\s*or)\s*$/.test(between)) return undefined
  return between.includes('or') ? ' or ' : ', '
}

/** Verbs and pronouns that make a text a sentence. */
const PROSE =
  /\b(?:is|are|was|were|be|been|has|have|had|gets?|got|gives?|makes?|made|needs?|equals?|so|thus|hence|therefore|because|we|he|she|they|it|there|this|that|his|her|their|will|would|can|should|then|find|found|since|let|know|costs?|left|earns?|spends?|takes?)\b/i

/** The answer of a text without marks: its last formula, bold type, what it says something is, or its last number. */
function unmarked(text: string): ExtractedAnswer {
  const lines = text.split('\n').filter((line) => /[\d$\\=]/.test(line))
  const last = lines.at(-1) ?? ''
  const formula = lastFormula(text)
  // A number in the words behind the last formula is what the sentence says: the largest $n$ is 34.
  const behind = formula === undefined ? '' : text.slice(formula.end).replace(/\([^()]*\)/g, ' ')
  if (formula !== undefined && !/\d/.test(behind)) return { text: formula.text, from: 'formula' }
  const bold = [...last.matchAll(/\*\*([^*\n]{1,200})\*\*/g)].map((match) => match[1]).filter((part) => /\d/.test(part))
  const boldest = bold.at(-1)
  if (boldest !== undefined) return { text: boldest.replace(/^[^:\d]*:\s*/, ''), from: 'bold' }
  const line = said(last)
  if (line !== undefined) return { text: line, from: 'line' }
  const number = extractNumber(text.slice(-LONGEST), { from: 'last' })
  if (number !== undefined) return { text: number.text, from: 'number' }
  const chosen = CHOSEN.exec(text.slice(-200))
  if (chosen !== null) return { text: chosen[1], from: 'line' }
  const words = text.trim()
  return words.length <= 100 ? { text: words, from: 'whole' } : { text: '', from: 'nowhere' }
}

/** The letter that a text without numbers ends on: therefore I think it's B. */
const CHOSEN = /\b(?:it'?s|is|be|choose|pick|select|choice|option)\s+\(?([A-J])\)?[.!]?\s*$/

/** Named values at the end of a line, or what stands behind its last = or "is", where that is a number or a formula. */
function said(line: string): string | undefined {
  const end = line
    .slice(-400)
    .replace(/\*\*/g, '')
    .replace(/[.!?\s]+$/, '')
  const named = /(?:^|[\s,(])((?:[a-zA-Z]\w? ?= ?[^,=\s]+(?:, | and |, and | or )){1,8}[a-zA-Z]\w? ?= ?[^,=\s]+)$/.exec(
    end,
  )
  if (named !== null) return named[1]
  const sentence = end.split(/[.?!]\s/).at(-1) ?? end
  const after = /^.*(?:=|≈|\b(?:is|are|equals|be|get|gives|makes|was|of|to)\b)\s*(.+)$/s.exec(sentence)?.[1]
  if (after === undefined || !/\d|[√π∞]/.test(after) || PROSE.test(after)) return undefined
  return after.split(/\s/).length <= 6 ? after : undefined
}

/** Words before a formula in dollars. */
const TWO_WORDS = /[a-z]{2} +[a-z]{2}/i

/** Whether a text is an answer and nothing else: short, one line, no sentence, no mark. */
function isBare(text: string): boolean {
  if (text.length > LONGEST || text === '') return false
  if (VERDICT.test(text) || CHOSEN.test(text)) return false
  // Scripts without spaces between words are counted by letters.
  if ((text.match(/[\u0400-\u1fff\u3040-\ud7ff]/g)?.length ?? 0) > 6) return false
  if (/\\boxed|\\fbox|####|<answer>|\b(?:answer|ans|solution is|final|option is|choice is)\b|^A:/i.test(text))
    return false
  const dollar = text.indexOf('$')
  if (dollar >= 0 && text.indexOf('$', dollar + 1) > 0 && TWO_WORDS.test(text.slice(0, dollar))) return false
  if (/\n\s*\n/.test(text) || (text.includes('\n') && !text.includes('\\begin'))) return false
  const words = text.replace(/\\(?:text|mathrm|textbf|operatorname|mbox)\s*\{[^{}]*\}|\\[a-zA-Z]+/g, ' ')
  const count = words.match(/[A-Za-z]{2,}/g)?.length ?? 0
  if (!PROSE.test(words)) return count <= 8
  // Short sentences without numbers are answers in words: there is no solution.
  return count <= 5 && !/\d/.test(words) && !text.includes('$')
}
