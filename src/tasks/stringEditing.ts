/** Edits of a word: `reverse abcd:` → `dcba`, `rotate 1 abcd:` → `bcda`, `replace a e banana:`, `delete n banana:`. */
import { GuerdonError } from '../data/error.ts'
import type { Random } from '../data/random.ts'
import { generatedTask, type RewardShare, referenceText } from './generatedTask.ts'
import { type Range, rangeOf } from './range.ts'
import type { GeneratedTask } from './task.ts'

/** rotate moves the first n letters to the end; replace and delete change every occurrence of a letter. */
export type Edit = 'reverse' | 'rotate' | 'replace' | 'delete'

export interface StringEditingOptions extends RewardShare {
  /** Drawn with equal chance (in `meta.edit`). Default: all four. */
  readonly edits?: readonly Edit[]
  /** Letters in the word. Default [4, 8]. */
  readonly length?: Range
  /** What words are made of: at least two different lower-case letters. Default abcdefgh. */
  readonly letters?: string
}

/**
 * The answer is the edited word, white space at both ends aside. Parts: `answer`, `format` (one word of the letters),
 * `characters` (the share of places that hold the right letter, of the longer of both words).
 */
export function stringEditing(options: StringEditingOptions = {}): GeneratedTask {
  const { edits = ['reverse', 'rotate', 'replace', 'delete'], letters = 'abcdefgh' } = options
  const [shortest, longest] = rangeOf('length', options.length ?? [4, 8], 2, 1000)
  if (edits.length === 0)
    throw new GuerdonError('edits is empty', { fix: 'give some of reverse, rotate, replace, delete' })
  if (!/^[a-z]+$/.test(letters) || new Set(letters).size < 2) {
    throw new GuerdonError(`letters is ${JSON.stringify(letters)}`, {
      fix: 'give at least two different letters of a to z',
    })
  }
  const form = new RegExp(`^[${letters}]+$`)
  return generatedTask({
    name: 'stringEditing',
    alphabet: `${edits.join('')}${letters}: ${edits.includes('rotate') ? '0123456789' : ''}`,
    share: options,
    draw(random) {
      const word = drawWord(random, letters, random.int(shortest, longest))
      const edit = random.pick(edits)
      return { ...exercise(edit, word, letters, random), meta: { edit } }
    },
    judge(answer, prompt) {
      const [found, expected] = [answer.trim(), referenceText(prompt)]
      const held = [...expected].filter((letter, i) => found[i] === letter).length
      return {
        right: found === expected,
        wellFormed: form.test(found),
        parts: { characters: held / Math.max(found.length, expected.length) },
        feedback: `expected ${expected}: ${held} of ${expected.length} letters are in their place`,
      }
    },
    demonstration: referenceText,
  })
}

/** A word of at least two different letters, so that no deletion leaves it empty. */
function drawWord(random: Random, letters: string, length: number): string {
  for (;;) {
    const word = Array.from({ length }, () => random.pick([...letters])).join('')
    if (new Set(word).size > 1) return word
  }
}

function exercise(edit: Edit, word: string, letters: string, random: Random) {
  const letter = random.pick([...word])
  if (edit === 'reverse') return { text: `reverse ${word}:`, reference: [...word].reverse().join('') }
  if (edit === 'delete') return { text: `delete ${letter} ${word}:`, reference: word.replaceAll(letter, '') }
  if (edit === 'replace') {
    const other = random.pick([...letters].filter((candidate) => candidate !== letter))
    return { text: `replace ${letter} ${other} ${word}:`, reference: word.replaceAll(letter, other) }
  }
  const by = random.int(1, word.length - 1)
  return { text: `rotate ${by} ${word}:`, reference: word.slice(by) + word.slice(0, by) }
}
