import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toolCallsIn } from '../../src/text/toolCalls.ts'

const weather = { name: 'weather', arguments: { city: 'Paris', days: 2 } }
const json = JSON.stringify(weather)

test('the forms in which models write calls', () => {
  const forms: Record<string, string> = {
    bare: json,
    'in a list': `[${json}]`,
    'in a fence': `I will look it up.\n\`\`\`json\n${json}\n\`\`\``,
    hermes: `<think>hm {"x": 1}</think>\n<tool_call>\n${json}\n</tool_call>`,
    mistral: `[TOOL_CALLS] [${json}]</s>`,
    llama: `<|python_tag|>{"name": "weather", "parameters": {"city": "Paris", "days": 2}}<|eom_id|>`,
    openai: JSON.stringify({
      tool_calls: [
        { id: '1', type: 'function', function: { name: 'weather', arguments: JSON.stringify(weather.arguments) } },
      ],
    }),
  }
  for (const [form, text] of Object.entries(forms)) {
    assert.deepEqual(toolCallsIn(text), { calls: [weather], problems: [] }, form)
  }
})

test('several calls keep their order', () => {
  const second = { name: 'time', arguments: {} }
  for (const text of [
    `<tool_call>${json}</tool_call>\n<tool_call>{"name": "time"}</tool_call>`,
    `[${json}, {"name": "time", "arguments": ""}]`,
    `<|python_tag|>${json}; {"name": "time", "parameters": {}}`,
  ]) {
    assert.deepEqual(toolCallsIn(text).calls, [weather, second], text)
  }
})

test('text and other JSON are no calls; a tag around nonsense is a problem', () => {
  for (const text of ['', 'It is sunny.', '{"city": "Paris"}', '[1, 2]', '[]', '{"name": 3}']) {
    assert.deepEqual(toolCallsIn(text), { calls: [], problems: [] }, text)
  }
  for (const text of ['<tool_call>weather(Paris)</tool_call>', '<tool_call>', '<tool_call>{"x": 1}</tool_call>']) {
    const { calls, problems } = toolCallsIn(text)
    assert.deepEqual([calls.length, problems.length], [0, 1], text)
  }
  assert.equal(toolCallsIn(`<tool_call>${json}`).calls.length, 1, 'a tag that is never closed')
})
