import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { z } from 'zod'
import { metricTokens } from '../../src/text/metricTokenisers.ts'
import { pythonSplit, pythonTrimEnd } from '../../src/text/pythonText.ts'
import { tokenise13a } from '../../src/text/tokenise13a.ts'
import { tokeniseIntl } from '../../src/text/tokeniseIntl.ts'

/** The tokenisers as they are defined, substitution by substitution: the slow twins of the scanner. */
function chain13a(text: string): string[] {
  let line = text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ')
  line = line.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>')
  line = ` ${line} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ')
  return pythonSplit(line)
}

function chainIntl(text: string): string[] {
  const line = text
    .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
    .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
    .replace(/(\p{S})/gu, ' $1 ')
  return pythonSplit(line)
}

const pieces = fc.constantFrom(
  ...['a', 'Z', '0', '7', '٣', '½', '.', ',', '-', '_', '"', "'", '&', '<', '>', '$', '/', '(', '~', '`', ' ', '\n'],
  ...[
    '\t',
    '\u00a0',
    '\u2028',
    '\x1c',
    '\x85',
    '\ufeff',
    '…',
    '“',
    '。',
    '，',
    '—',
    '€',
    '+',
    '^',
    '漢',
    'é',
    'e\u0301',
  ],
  ...['😀', '𝟙', '𝔘', '𐄀', '\ud83d', '\ude00', '&quot;', '&amp;', '&lt;', '<skipped>', '-\n', '..', '1.', '.1', '3-'],
)
const lines = fc.array(pieces, { maxLength: 24 }).map((parts) => parts.join(''))

test('the 13a scanner gives the tokens of the substitution chain', () => {
  fc.assert(
    fc.property(lines, (line) => assert.deepEqual(tokenise13a(line), chain13a(line))),
    { seed: 13, numRuns: 20000 },
  )
})

test('the intl scanner gives the tokens of the substitution chain', () => {
  fc.assert(
    fc.property(lines, (line) => assert.deepEqual(tokeniseIntl(line), chainIntl(line))),
    { seed: 14, numRuns: 20000 },
  )
})

test('every ASCII triple around stops, digits and hyphens agrees with both chains', () => {
  const alphabet = [...'a1.,-_$"\' &\n']
  const lengths = [1, 2, 3, 4, 5]
  let lines = ['']
  for (const _ of lengths) {
    lines = lines.flatMap((line) => alphabet.map((character) => line + character))
    for (const line of lines.length > 20000 ? lines.filter((_, i) => i % 7 === 0) : lines) {
      assert.deepEqual(tokenise13a(line), chain13a(line))
      assert.deepEqual(tokeniseIntl(line), chainIntl(line))
    }
  }
})

test('tokens are those that sacreBLEU 2.6.0 printed', () => {
  const rows = z
    .object({ rows: z.array(z.object({ hypothesis: z.string(), tokens: z.record(z.string(), z.array(z.string())) })) })
    .parse(JSON.parse(readFileSync(new URL('./vectors/sacrebleu.json', import.meta.url), 'utf8'))).rows
  for (const { hypothesis, tokens } of rows) {
    assert.deepEqual(tokenise13a(pythonTrimEnd(hypothesis)), tokens['13a'])
    assert.deepEqual(tokeniseIntl(pythonTrimEnd(hypothesis)), tokens.intl)
  }
})

test('the two sentences of the BLEUBERI brief', () => {
  assert.deepEqual(tokenise13a("Hello, world! It's 3.5-4 o'clock."), [
    'Hello',
    ',',
    'world',
    '!',
    "It's",
    '3.5',
    '-',
    '4',
    "o'clock",
    '.',
  ])
  assert.deepEqual(tokenise13a("a-b 3-4 $5.00 (x) foo/bar don't"), [
    'a-b',
    '3',
    '-',
    '4',
    '$',
    '5.00',
    '(',
    'x',
    ')',
    'foo',
    '/',
    'bar',
    "don't",
  ])
})

test('char gives code points, none gives words; both by Python’s idea of white space', () => {
  assert.deepEqual(metricTokens('你 好😀\u3000a', 'char'), ['你', '好', '😀', 'a'])
  assert.deepEqual(metricTokens('a,b\x85c\ufeffd e', 'none'), ['a,b', 'c\ufeffd', 'e'])
})
