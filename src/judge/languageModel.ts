/** A judge from any model of the AI SDK (https://ai-sdk.dev): hosted ones, gateways, local servers. */
import { stripVTControlCharacters } from 'node:util'
import type { LanguageModel, ModelMessage } from 'ai'
import { GuerdonError, messageOf } from '../data/error.ts'
import { type Message, textOf } from '../data/message.ts'
import { type AnyQuestion, defineJudge, drawSeed, givenUp } from './defineJudge.ts'
import type { Judge, Unanswered, Usage } from './judge.ts'
import type { Said } from './readAnswer.ts'
import { retryAfter } from './retryAfter.ts'
import { schemaInPrompt } from './schemaInPrompt.ts'
import { nothingUsed } from './usage.ts'

/**
 * A model of the AI SDK: its `LanguageModel`, by its shape. Naming the SDK's own type here would put that type into
 * the types of this package, and those of the SDK do not compile without skipLibCheck.
 */
export type ChatModel =
  | string
  | {
      readonly specificationVersion: string
      readonly provider: string
      readonly modelId: string
      doGenerate(options: never): PromiseLike<unknown>
    }

export interface LanguageModelOptions {
  /** Default: the model's id. */
  readonly name?: string
  /**
   * Send the schema with the request, so that the provider keeps the model to it (default true). Where a provider
   * cannot, false writes the schema into the last message instead. Either way the answer is checked, and JSON is found
   * in prose.
   */
  readonly structured?: boolean
}

/**
 * A judge that asks a model of the AI SDK. It makes one request a question and never retries: `withRetries` does. An
 * image in a user's message is sent along. Throws a GuerdonError when the SDK has no key or no such model.
 */
export function languageModel(model: ChatModel, options: LanguageModelOptions = {}): Judge {
  const id = typeof model === 'string' ? model : model.modelId
  const provider = typeof model === 'string' ? 'gateway' : model.provider
  const structured = options.structured ?? true
  return defineJudge(
    options.name ?? id,
    async (question, signal) => {
      const reply = await generate(model, question, structured, signal)
      return 'kind' in reply ? reply.said : reply
    },
    { identity: `${provider} ${id}${structured ? '' : ' (schema in the prompt)'}` },
  )
}

/** One request to a model: what it said, and the provider's raw response. */
export async function generate(
  model: ChatModel,
  question: AnyQuestion,
  structured: boolean,
  signal: AbortSignal | undefined,
  body: Readonly<Record<string, string | number | boolean>> = {},
): Promise<{ readonly kind: 'reply'; readonly said: Said; readonly raw: unknown } | Unanswered> {
  const sdk = await import('ai')
  const { schema, temperature = 0, maxTokens } = question
  const seed = drawSeed(question)
  try {
    const result = await sdk.generateText({
      model: model as LanguageModel,
      messages: (structured || schema === undefined
        ? question.messages
        : schemaInPrompt(question.messages, schema)
      ).map(toModelMessage),
      ...(structured && schema !== undefined ? { output: sdk.Output.object({ schema }) } : {}),
      ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
      ...(seed === undefined ? {} : { seed }),
      ...(signal === undefined ? {} : { abortSignal: signal }),
      temperature,
      maxRetries: 0,
      allowSystemInMessages: true,
      providerOptions: { [providerName]: { ...body } },
    })
    return {
      kind: 'reply',
      said: { kind: 'said', text: result.text, finish: finishOf(result.finishReason), usage: usageOf(result.usage) },
      raw: result.response.body,
    }
  } catch (thrown) {
    if (signal?.aborted === true) return givenUp
    if (sdk.NoObjectGeneratedError.isInstance(thrown)) {
      const { text = '', finishReason = 'other', usage } = thrown
      return {
        kind: 'reply',
        said: { kind: 'said', text, finish: finishOf(finishReason), usage: usageOf(usage) },
        raw: undefined,
      }
    }
    if (sdk.LoadAPIKeyError.isInstance(thrown) || sdk.NoSuchModelError.isInstance(thrown)) {
      throw new GuerdonError(`the judge cannot be asked: ${thrown.message}`, { cause: thrown })
    }
    if (sdk.APICallError.isInstance(thrown)) return failedCall(thrown)
    return otherFailure(thrown)
  }
}

/** The key under which `openaiCompatible` passes fields of the request's body through the SDK. */
export const providerName = 'judge'

interface FailedCall {
  readonly message: string
  readonly statusCode?: number
  readonly responseHeaders?: Record<string, string>
  readonly responseBody?: string
  readonly isRetryable: boolean
  readonly cause?: unknown
}

function failedCall(call: FailedCall): Unanswered {
  const { statusCode: status, responseBody } = call
  const failed = { ok: false, at: 'network', usage: nothingUsed } as const
  if (status === undefined) return { ...failed, reason: `${call.message}${causeOf(call.cause)}`, retry: {} }
  // A good status with an unreadable body: the connection closed in the middle of it.
  if (status < 300) {
    const reason = `the server's response broke off or was none: ${call.message}${causeOf(call.cause)}`
    return { ...failed, reason, retry: {}, ...(responseBody === undefined ? {} : { text: responseBody }) }
  }
  const hint = hints[status]
  const reason = `HTTP ${status}: ${call.message}${hint === undefined ? '' : ` → ${hint}`}`
  if (!call.isRetryable) return { ...failed, reason }
  const afterSeconds = retryAfter(call.responseHeaders ?? {})
  return { ...failed, reason, retry: afterSeconds === undefined ? {} : { afterSeconds } }
}

/** What is no failed call itself: the gateway's errors, which have a status; a model that cannot do what was asked. */
function otherFailure(thrown: unknown): Unanswered {
  const message = stripVTControlCharacters(messageOf(thrown)).trim()
  if (thrown instanceof Error && 'statusCode' in thrown && typeof thrown.statusCode === 'number') {
    const { statusCode } = thrown
    return failedCall({ message, statusCode, isRetryable: [408, 429].includes(statusCode) || statusCode >= 500 })
  }
  return { ok: false, at: 'network', reason: message, usage: nothingUsed }
}

const hints: Readonly<Record<number, string>> = {
  400: 'the server may not know structured output: try structured: false',
  401: 'check the API key',
  403: 'the API key may not use this model',
  404: 'check the base URL and the name of the model',
}

function causeOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
  return inner === undefined ? '' : ` (${messageOf(inner)})`
}

function finishOf(reason: string): Said['finish'] {
  return reason === 'length' ? 'length' : reason === 'content-filter' ? 'refused' : 'stop'
}

function usageOf(usage: { readonly inputTokens?: number; readonly outputTokens?: number } | undefined): Usage {
  return { inputTokens: usage?.inputTokens ?? 0, outputTokens: usage?.outputTokens ?? 0 }
}

function toModelMessage({ role, content }: Message): ModelMessage {
  if (role === 'system' || role === 'assistant') return { role, content: textOf(content) }
  if (typeof content === 'string') return { role: 'user', content }
  return {
    role: 'user',
    content: content.map((part) =>
      part.type === 'text' ? part : { type: 'image', image: part.bytes, mediaType: part.mediaType },
    ),
  }
}
