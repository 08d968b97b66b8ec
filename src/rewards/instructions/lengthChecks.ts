/** Instructions on how long an answer is (IFEval's length_constraints). */
import { z } from 'zod'
import { proseWords, sentenceCount } from '../../text/proseCounts.ts'
import { type CheckMaker, compared, count, defineCheck, relation } from './check.ts'

export const lengthChecks: Readonly<Record<string, CheckMaker>> = {
  'length_constraints:number_words': defineCheck(z.object({ num_words: count, relation }), (text, wanted) =>
    compared(proseWords(text).length, wanted.relation, wanted.num_words, 'words'),
  ),

  'length_constraints:number_sentences': defineCheck(z.object({ num_sentences: count, relation }), (text, wanted) =>
    compared(sentenceCount(text), wanted.relation, wanted.num_sentences, 'sentences'),
  ),

  // Paragraphs with the divider *** between them; an empty one is a fault unless it is the first or the last.
  'length_constraints:number_paragraphs': defineCheck(z.object({ num_paragraphs: count }), (text, wanted) => {
    const pieces = text.split('***').map((piece) => piece.trim())
    if (pieces.slice(1, -1).includes('')) return { followed: false, found: 'an empty paragraph between two ***' }
    return compared(pieces.filter(Boolean).length, 'exactly', wanted.num_paragraphs, 'paragraphs between ***')
  }),

  // Paragraphs with an empty line between them, the nth of which starts with a given word.
  'length_constraints:nth_paragraph_first_word': defineCheck(
    z.object({ num_paragraphs: count, nth_paragraph: z.number().int().min(1), first_word: z.string() }),
    (text, wanted) => {
      const pieces = text.split('\n\n')
      const written = pieces.filter((piece) => piece.trim() !== '').length
      const nth = wanted.nth_paragraph
      const word = nth <= written ? firstWord(pieces[nth - 1]) : ''
      if (written !== wanted.num_paragraphs) return compared(written, 'exactly', wanted.num_paragraphs, 'paragraphs')
      const found = `paragraph ${nth} starts with '${word}', '${wanted.first_word}' wanted`
      return { followed: word !== '' && word === wanted.first_word.toLowerCase(), found }
    },
  ),
}

/** The first word in small letters, up to its first mark, quotation marks before it left out. */
function firstWord(paragraph: string): string {
  const word = paragraph.trim().split(/\s/, 1)[0].replace(/^'+/, '').replace(/^"+/, '')
  return word.split(/[.,?!'"]/, 1)[0].toLowerCase()
}
