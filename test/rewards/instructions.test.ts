import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { z } from 'zod'
import { GuerdonError } from '../../src/data/error.ts'
import type { Json } from '../../src/data/message.ts'
import { type Instruction, instructions } from '../../src/rewards/instructions.ts'
import { scoreOf } from './samples.ts'

const followed = async (text: string, id: string, given: { [key: string]: Json } = {}) => {
  const score = await scoreOf(instructions({ wanted: [{ id, ...given }] }), text)
  return score.kind === 'scored' ? score.value === 1 : undefined
}

test("verdicts are those of IFEval's own code on every recorded answer", async () => {
  const vectors = z
    .object({
      instructions: z.array(z.object({ id: z.string() }).catchall(z.json())),
      rows: z.array(z.object({ answer: z.string(), followed: z.string() })),
    })
    .parse(JSON.parse(readFileSync(new URL('./vectors/ifeval.json', import.meta.url), 'utf8')))
  assert.ok(vectors.rows.length > 250)
  const rewards = vectors.instructions.map((instruction) => instructions({ wanted: [instruction] }))
  const different: string[] = []
  for (const { answer, followed } of vectors.rows) {
    for (let i = 0; i < rewards.length; i++) {
      const score = await scoreOf(rewards[i], answer)
      if (score.kind === 'scored' && score.value === Number(followed[i])) continue
      different.push(
        `${JSON.stringify(vectors.instructions[i])} on ${JSON.stringify(answer)}: IFEval says ${followed[i]}`,
      )
    }
  }
  assert.deepEqual(different, [])
})

test('each instruction is a part, and the feedback says what failed', async () => {
  const wanted: Instruction[] = [
    { id: 'length_constraints:number_words', relation: 'at least', num_words: 4 },
    { id: 'punctuation:no_comma' },
    { id: 'keywords:existence', keywords: ['cat', 'dog'] },
    { id: 'punctuation:no_comma' },
  ]
  assert.deepEqual(await scoreOf(instructions({ wanted }), 'A cat, so.'), {
    kind: 'scored',
    value: 0,
    parts: {
      'length_constraints:number_words': 0,
      'punctuation:no_comma': 0,
      'keywords:existence': 0,
      'punctuation:no_comma#4': 0,
    },
    feedback: [
      'length_constraints:number_words: 3 words, at least 4 wanted',
      'punctuation:no_comma: 1 commas',
      'keywords:existence: missing: dog',
      'punctuation:no_comma#4: 1 commas',
    ].join('\n'),
  })
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted }), 'a cat and a dog, so'), { value: 0.5 })
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted, credit: 'all' }), 'a cat and a dog, so'), {
    value: 0,
  })
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted, credit: 'all' }), 'a cat and a dog'), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted }), ' \n'), { value: 0 })
})

test('a reference may be a list or a row of IFEval, nulls and all', async () => {
  const list: Json = [{ id: 'punctuation:no_comma' }]
  const row: Json = {
    key: 1000,
    instruction_id_list: ['punctuation:no_comma', 'length_constraints:number_words'],
    kwargs: [{}, { num_words: 2, relation: 'at least', num_bullets: null }],
  }
  assert.partialDeepStrictEqual(await scoreOf(instructions(), 'one two', list), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(instructions(), 'one two', row), { value: 1 })
  assert.partialDeepStrictEqual(await scoreOf(instructions(), 'one', row), { value: 0.5 })
})

test('unknown instructions and wrong arguments: refused when given, Unscored when a prompt brings them', async () => {
  assert.throws(() => instructions({ wanted: [{ id: 'keywords:rhyme' }] }), /there is no instruction 'keywords:rhyme'/)
  assert.throws(() => instructions({ wanted: [{ id: 'toString' }] }), GuerdonError)
  assert.throws(
    () => instructions({ wanted: [{ id: 'keywords:existence', keywords: 'cat' }] }),
    /arguments of keywords/,
  )
  assert.throws(() => instructions({ wanted: [{ id: 'language:response_language', language: 'xx' }] }), /'xx' is not/)
  const references: Json[] = [null, [], 'no comma', [{ id: 'x' }], { instruction_id_list: ['x'], kwargs: [{}] }]
  for (const reference of references) {
    assert.equal((await scoreOf(instructions(), 'a', reference)).kind, 'unscored')
  }
})

test('loose forgives the first line, the last line and asterisks', async () => {
  const wanted = [{ id: 'length_constraints:number_words', relation: 'less than', num_words: 4 }]
  const text = 'Sure, here is the answer:\nThree short words\nHope that helps!'
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted }), text), { value: 0 })
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted, loose: true }), text), { value: 1 })
  const quoted = [{ id: 'startend:quotation' }]
  assert.partialDeepStrictEqual(await scoreOf(instructions({ wanted: quoted, loose: true }), '**"so"**'), { value: 1 })
})

test('sentences, words in capitals and the start, which IFEval counts with other tools or not at all', async () => {
  const sentences = (text: string, n: number) =>
    followed(text, 'length_constraints:number_sentences', { num_sentences: n, relation: 'exactly' })
  assert.equal(await sentences('It rains. Does it? Yes! It costs 3.50 euros.', 4), true)
  assert.equal(await sentences('No end', 1), true)
  assert.equal(await sentences('...', 0), true)
  const capitals = (text: string, n: number) =>
    followed(text, 'change_case:capital_word_frequency', { capital_frequency: n, capital_relation: 'exactly' })
  assert.equal(await capitals('I saw NASA launch the X-15, A1 and Über', 4), true)
  assert.equal(await capitals('none here', 0), true)
  assert.equal(await followed('  Dear reader, hello', 'startend:start_checker', { start_phrase: 'dear Reader' }), true)
  assert.equal(await followed('Hello, dear reader', 'startend:start_checker', { start_phrase: 'dear' }), false)
})

test('language and letter case', async () => {
  const german = 'Der schnelle braune Fuchs springt über den faulen Hund, und niemand wundert sich darüber.'
  const english = 'The quick brown fox jumps over the lazy dog, and nobody wonders about it at all.'
  const swahili = 'Watu wote wamezaliwa huru, hadhi na haki zao ni sawa. Wote wamejaliwa akili na dhamiri.'
  assert.equal(await followed(german, 'language:response_language', { language: 'de' }), true)
  assert.equal(await followed(english, 'language:response_language', { language: 'de' }), false)
  assert.equal(await followed(swahili, 'language:response_language', { language: 'sw' }), true)
  assert.equal(await followed(english.toUpperCase(), 'change_case:english_capital'), true)
  assert.equal(await followed(english, 'change_case:english_capital'), false)
  assert.equal(await followed(german.toUpperCase(), 'change_case:english_capital'), false)
  assert.equal(await followed(english.toLowerCase(), 'change_case:english_lowercase'), true)
  assert.equal(await followed(english, 'change_case:english_lowercase'), false)
})

test('hostile answers end', async () => {
  const ids: Instruction[] = [
    { id: 'detectable_format:number_bullet_lists', num_bullets: 1 },
    { id: 'detectable_format:number_highlighted_sections', num_highlights: 1 },
    { id: 'detectable_format:title' },
    { id: 'detectable_content:number_placeholders', num_placeholders: 1 },
    { id: 'detectable_content:postscript', postscript_marker: 'P.P.S' },
    { id: 'keywords:forbidden_words', forbidden_words: ['a.*b', '('] },
    { id: 'startend:end_checker', end_phrase: 'x' },
  ]
  for (const text of ['*', '[', '<<', '"', '\n', 'p. ', ' '].map((piece) => `x${piece.repeat(1e5)}x`)) {
    assert.equal((await scoreOf(instructions({ wanted: ids }), text)).kind, 'scored')
  }
})
