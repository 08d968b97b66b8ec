import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRefusal } from '../../src/judge/refusal.ts'

test('stock refusals are refusals', () => {
  for (const text of [
    "I'm sorry, but I can't help with that.",
    'I’m sorry, I can’t assist with that request.',
    "I can't help with that.",
    'I cannot assist with this request.',
    'I am unable to comply with this request.',
    "I'm not able to provide that information.",
    'As an AI language model, I cannot evaluate this content.',
    "Unfortunately, I won't engage with this.",
    'Sorry, but I must decline.',
    "I'm sorry, but I can't.",
    'I apologize, but I am not comfortable continuing with this conversation.',
    'I’m very sorry, but I can’t judge\nthese answers.',
    'I will not help you with that.',
  ]) {
    assert.ok(isRefusal(text), text)
  }
})

test('a judgement that says what it could not do is none', () => {
  for (const text of [
    '',
    'I cannot verify the second claim, so the answer gets a 4.',
    "I can't find a mistake in the proof.",
    "I'm sorry to say that the answer is wrong.",
    'Unfortunately, the answer misses the point.',
    'The assistant refuses: "I\'m sorry, but I can\'t help with that." Score: 1',
    'I am unable to find any error.',
    'Sorry, 3/10.',
    "I can't decide between the two: tie.",
    `I can't help with that. ${'But here is a long judgement. '.repeat(20)}`,
    'I cannot recommend this answer; it helps nobody.',
    'No.',
  ]) {
    assert.ok(!isRefusal(text), text)
  }
})
