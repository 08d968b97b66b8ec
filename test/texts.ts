/** Texts that tokenizers disagree on: scripts, digits, spaces, line ends, contractions, code, emoji. */
import { random } from '../src/data/random.ts'

const pieces = [
  ...[
    'The',
    ' the',
    'answer',
    ' is',
    ' step',
    "don't",
    " I'LL",
    "we've",
    "'s",
    'print(',
    'x_1',
    '::',
    '->',
    '!=',
    '```',
  ],
  ...['1', '42', ' 007', '3.14159', '1,234,567', '12345678', '½', '²', 'Ⅷ', '٣'],
  ...[' ', '  ', '   ', '\t', '\n', '\n\n', '\r\n', ' \n', '\u00a0', '\u2003', '\u200b'],
  ...['größer', ' naïve', 'Ελλάδα', ' привет', '日本語', '中文。', '한국어', ' عربى', 'हिन्दी', 'ไทย', 'ß', 'é', 'ﬁ'],
  ...[
    '😀',
    '👩‍👩‍👧',
    '🇩🇪',
    '—',
    '…',
    '“',
    '”',
    '€',
    '±',
    '∑',
    '\\frac{1}{2}',
    '<b>',
    '&amp;',
    '#',
    '@',
    '%',
    '~',
    '^',
    '|',
  ],
  ...['.', ',', '?', '!', ';', ':', '(', ')', '[', ']', '{', '}', '"', '/', '*', '+', '-', '_', '='],
]

/** Seeded texts of one to twelve such pieces. */
export function texts(count: number, seed: number): string[] {
  const rng = random(seed)
  return Array.from({ length: count }, () => Array.from({ length: rng.int(1, 12) }, () => rng.pick(pieces)).join(''))
}
