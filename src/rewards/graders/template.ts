/** Templates `{{ name.path }}` over a row of data and a model's answer, as OpenAI's graders and promptfoo write them. */
import type { Json, Sample } from '../../data/message.ts'
import { jsonIn } from '../../text/jsonInText.ts'
import { isJsonObject, type JsonObject } from '../judged/jsonObject.ts'
import { conversationText } from '../judged/judgePrompt.ts'

/**
 * The row behind a sample: the columns in the prompt's `meta`, those of a reference that is an object, and
 * `reference`, `reference_answer` (both the reference) and `prompt` (the conversation as text) where no column has that name.
 */
export function itemOf({ prompt }: Sample): JsonObject {
  const { reference = null, meta = {} } = prompt
  const own = isJsonObject(reference) ? reference : {}
  return { prompt: conversationText(prompt), reference, reference_answer: reference, ...own, ...meta }
}

/** The answer: `output_text`, and `output_json` where there is JSON in it. */
export function answerOf({ completion }: Sample): JsonObject {
  const found = jsonIn(completion.text)
  return { output_text: completion.text, ...(found.kind === 'json' ? { output_json: found.value } : {}) }
}

/**
 * A template filled in once: what is filled in is never read as a template again. Undefined values are given back by
 * name: a typing error would otherwise be an empty text.
 */
export function filled(template: string, scope: JsonObject): { readonly text: string } | { readonly missing: string } {
  let missing: string | undefined
  const text = template.replace(/\{\{\s*([^{}]+?)\s*\}\}/g, (_, path: string) => {
    const value = valueAt(scope, path)
    if (value === undefined) missing ??= path
    return typeof value === 'string' ? value : JSON.stringify(value ?? null)
  })
  return missing === undefined ? { text } : { missing }
}

function valueAt(scope: Json, path: string): Json | undefined {
  let value: Json | undefined = scope
  for (const key of path.replace(/\[(\w+)\]/g, '.$1').split('.')) {
    if (Array.isArray(value)) value = value[Number(key)]
    else value = isJsonObject(value) && Object.hasOwn(value, key) ? value[key] : undefined
  }
  return value
}
