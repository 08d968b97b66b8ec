import assert from 'node:assert/strict'
import { test } from 'node:test'
import { language } from '../../src/rewards/language.ts'
import { scoreOf } from './samples.ts'

const french = 'Tous les êtres humains naissent libres et égaux en dignité et en droits.'
const english = 'All human beings are born free and equal in dignity and rights, they say.'

test('the share in the language wanted, by option or by reference', async () => {
  assert.deepEqual(await scoreOf(language('fr'), french), { kind: 'scored', value: 1 })
  assert.deepEqual(await scoreOf(language(), english, 'fr-CA'), {
    kind: 'scored',
    value: 0,
    feedback: '0% of the answer is in fr',
  })
  const half = await scoreOf(language('fr'), `${french}${french}\n${english}${english}`)
  assert.ok(half.kind === 'scored' && Math.abs(half.value - 0.5) < 0.05)
})

test('nothing to tell by, or no language asked for, is Unscored; an empty answer is 0', async () => {
  assert.equal((await scoreOf(language('fr'), '42')).kind, 'unscored')
  assert.equal((await scoreOf(language(), french)).kind, 'unscored')
  assert.equal((await scoreOf(language(), french, 'klingon')).kind, 'unscored')
  assert.partialDeepStrictEqual(await scoreOf(language('fr'), ' '), { value: 0 })
  assert.throws(() => language('klingon'), /'klingon' is not one that can be detected/)
})
