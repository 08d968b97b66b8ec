/**
 * Whether an answer says anything that could be judged. Judges accept texts that say nothing: a blank, ":", "Solution",
 * "Thought process:", "Let's solve this problem step by step." ("One Token to Fool LLM-as-a-Judge", arXiv 2507.08794,
 * table 1: up to 95 % false positives). The rules here are about kinds of text, not about that list of ten.
 */

/** Why a text is no answer: `empty` (white space alone), `marks` (no letter, no digit), `opener` (announces one and stops). */
export type NoSubstance = 'empty' | 'marks' | 'opener'

/**
 * What is missing from an answer, or undefined where there is something to judge. Thinking in front of a `</think>` is
 * no part of it; so are Markdown's marks. "7", "B", "no" and "∞" are answers.
 */
export function missingSubstance(text: string): NoSubstance | undefined {
  // What was only thought was not answered.
  const spoken = text.split('</think>').at(-1) ?? text
  const bare = spoken.replace(/<\/?[a-z_]+>/gi, ' ').trim()
  if (bare === '') return 'empty'
  if (!/[\p{L}\p{N}∞∅√]/u.test(bare)) return 'marks'
  return bare.length <= longestOpener && isOpener(bare) ? 'opener' : undefined
}

/** Openers are short; longer texts hold more than their announcement. */
const longestOpener = 240

function isOpener(text: string): boolean {
  const plain = text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[’‘]/g, "'")
    .replace(/[*_#`>"“”]+/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/^[\s\p{P}]+|[\s\p{P}]+$/gu, '')
  return headings.has(plain.replace(/^(?:the|my|a) /, '')) || announcements.some((each) => each.test(plain))
}

/** Words that stand over an answer. */
const headings: ReadonlySet<string> = new Set(
  [
    'solution|answer|final answer|final solution|thought process|thinking process|thoughts|thinking|reasoning|explanation',
    'analysis|response|result|output|proof|step 1|step one|steps|step by step|step-by-step solution|detailed solution',
    'answer is|final answer is|solution is|solution to the problem|here we go|sure|okay|ok|yes sir|of course|certainly',
    '解|解答|解析|答|答案|思路|分析|解题过程|思考过程|解説|かいせつ|答え|こたえ|回答|풀이|정답|해설',
    'respuesta|solución|solucion|explicación|réponse|reponse|explication|lösung|loesung|antwort|erklärung|risposta',
    'soluzione|resposta|solução|решение|ответ|объяснение|الحل|الجواب|हल|उत्तर|çözüm|cevap|rozwiązanie|odpowiedź',
  ].flatMap((line) => line.split('|')),
)

const polite = '(?:(?:ok(?:ay)?|sure|alright|all right|well|certainly|of course|great|absolutely|now|so|first)[,!.]? )*'
const verb =
  '(?:solve|think|break|work|start|begin|find|consider|analy[sz]e|look|see|figure|compute|calculate|determine|approach|tackle|understand|examine|proceed|go|reason|answer|explain|walk|take|address|recall|note|read|restate|identify|list|set up|use|check|verify|need|have)'
// One sentence without a number or a formula: whatever it announces does not follow.
const rest = '[^.!?:;=\\d]*'

const announcements = [
  `let(?:'s| us| me) ${verb}\\b${rest}`,
  `(?:we|i)(?:'ll| will|'m going to| are going to| am going to| can| need to| should| must| have to)? (?:first )?${verb}\\b${rest}`,
  `to (?:solve|find|answer|determine|calculate|compute|work out|figure out|address|approach|understand)\\b${rest}`,
  `here(?:'s| is| are) (?:the|my|a|an|your)? ?(?:[\\w-]+ ){0,4}(?:solution|answer|explanation|reasoning|steps|process|analysis|breakdown|approach)${rest}`,
  `(?:the|this) (?:problem|question|task|solution|answer|process)\\b${rest}(?:as follows|step by step|step-by-step|asks?|asking|below)`,
  `(?:thinking|working|reasoning|solving)\\b${rest}step[- ]by[- ]step`,
].map((each) => new RegExp(`^${polite}(?:${each})$`, 'u'))
