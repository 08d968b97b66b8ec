/** Code in a model's answer: a fenced block of Markdown, or the whole answer where there is none. */

export type CodeLanguage = 'python' | 'javascript'

/** The names under which models mark a language's blocks. No name at all fits every language. */
const MARKS: Readonly<Record<CodeLanguage, readonly string[]>> = {
  python: ['', 'py', 'python', 'python3', 'py3'],
  javascript: ['', 'js', 'javascript', 'node', 'mjs', 'cjs'],
}

/** Code, and whether it stood in a fence. Outside of fences the text is left as it is, indentation and all. */
export interface FoundCode {
  readonly code: string
  readonly fenced: boolean
}

/**
 * The code of an answer. What stands before a closing `</think>` is left out. Of the fenced blocks in the language the
 * last that defines `name` counts (an example of use often follows the solution), without `name` the last. A fence that
 * is never closed runs to the end. Without a block in the language the last block counts, without any the whole text.
 */
export function codeIn(text: string, language: CodeLanguage, name?: string): FoundCode {
  const thought = text.lastIndexOf('</think>')
  const answer = thought < 0 ? text : text.slice(thought + '</think>'.length)
  const blocks = fencedBlocks(answer)
  const fitting = blocks.filter(({ mark }) => MARKS[language].includes(mark))
  const defining = name === undefined ? [] : fitting.filter(({ code }) => defines(code, language, name))
  const found = defining.at(-1) ?? fitting.at(-1) ?? blocks.at(-1)
  return found === undefined ? { code: answer, fenced: false } : { code: found.code, fenced: true }
}

/** Whether the code defines a function, class or variable of this name at its top level. */
export function defines(code: string, language: CodeLanguage, name: string): boolean {
  const escaped = name.replace(/[^\p{ID_Continue}]/gu, '\\$&')
  const pattern =
    language === 'python'
      ? `^(?:async +)?(?:def|class) +${escaped}\\b|^${escaped} *(?::[^=\\n]*)?=(?!=)`
      : `^(?:export +)?(?:default +)?(?:async +)?(?:function *\\*? *|class +|const +|let +|var +)${escaped}(?![\\p{ID_Continue}$])`
  return new RegExp(pattern, 'mu').test(code)
}

interface Block {
  readonly mark: string
  readonly code: string
}

function fencedBlocks(text: string): Block[] {
  const blocks: Block[] = []
  let open: { fence: string; indent: number; mark: string; lines: string[] } | undefined
  const close = () => {
    if (open === undefined) return
    const { indent, lines, mark } = open
    const strip = new RegExp(`^[ \\t]{0,${indent}}`)
    blocks.push({ mark, code: lines.map((line) => line.replace(strip, '')).join('\n') })
    open = undefined
  }
  for (const line of text.split(/\r?\n/)) {
    const found = /^([ \t]*)(`{3,}|~{3,})[ \t]*([^\s`{]*)[^`]*$/.exec(line)
    if (open === undefined) {
      if (found !== null) open = { fence: found[2], indent: found[1].length, mark: found[3].toLowerCase(), lines: [] }
    } else if (found?.[2].startsWith(open.fence) && found[3] === '') close()
    else open.lines.push(line)
  }
  close()
  return blocks
}
