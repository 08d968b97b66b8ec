import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingSubstance } from '../../src/text/answerSubstance.ts'

test('the ten master keys of the paper, and the empty text', () => {
  const keys = [
    ...[' ', '.', ',', ':', 'Thought process:', "Let's solve this problem step by step.", 'Solution', '解', 'かいせつ'],
    ...['Respuesta', ''],
  ]
  for (const key of keys) assert.notEqual(missingSubstance(key), undefined, key)
})

test('openers that are not on the list: first sentences of reasoning', () => {
  for (const text of [
    'To find x, we start by listing the facts.',
    'Sure, here is the step-by-step solution:',
    "Okay, let's break this down.",
    '**Solution:**',
    '### Answer',
    'First, we need to understand the problem.',
    'To solve this problem, we need to determine the number of apples.',
    'The final answer is',
    'Let me think about it…',
    '<answer></answer>',
    '<think>it is 7</think>',
    '¿?',
    '```\n```',
    'Lösung:',
  ])
    assert.notEqual(missingSubstance(text), undefined, text)
})

test('answers, however short, have substance', () => {
  for (const text of [
    ...['7', 'B', 'no', 'Yes.', '∞', '-3', 'π', '是', 'Paris', '42%', '\\boxed{7}', '<answer>7</answer>', 'x = 3'],
    'To find x, we start with 3 apples and eat one, so 2 are left.',
    "Let's solve this step by step. Two and two are four. The answer is four.",
    'The solution is to restart the router and to wait for a minute.',
    'Solution: restart the router.',
    '<think>hm</think>Paris',
    'I have no idea what the capital of France is, but it may well be Paris: it is the largest city.',
  ])
    assert.equal(missingSubstance(text), undefined, text)
})
