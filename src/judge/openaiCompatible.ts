/**
 * A judge behind an OpenAI-compatible server: vLLM, Ollama, llama.cpp's server, SGLang, a hosted service. Chat
 * Completions with `response_format: json_schema` for schemas and `top_logprobs` for the log-probs of choices.
 */
import { z } from 'zod'
import { GuerdonError } from '../data/error.ts'
import { defineJudge } from './defineJudge.ts'
import type { Answer, Judge, Question } from './judge.ts'
import { type ChatModel, generate, type LanguageModelOptions, providerName } from './languageModel.ts'
import { choiceLogprobs } from './topLogprobs.ts'

export interface OpenaiCompatibleOptions extends LanguageModelOptions {
  /** Where the server's `/chat/completions` is, without that ending: `http://127.0.0.1:8000/v1`. */
  readonly baseURL: string
  readonly model: string
  readonly apiKey?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** The most alternatives a token that OpenAI's protocol allows. */
const mostAlternatives = 20

const response = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z
          .object({
            content: z.array(z.object({ top_logprobs: z.array(z.object({ token: z.string(), logprob: z.number() })) })),
          })
          .nullish(),
      }),
    )
    .min(1),
})

/**
 * The judge. `logprobs` is read off the first token's 20 likeliest alternatives (see `choiceLogprobs` for what that
 * means for longer choices); where a server gives none, the answer is not ok and says so. Throws a GuerdonError for a
 * base URL that is none.
 */
export function openaiCompatible(options: OpenaiCompatibleOptions): Judge {
  const { model, structured = true } = options
  const baseURL = checkedURL(options.baseURL)
  let opened: Promise<ChatModel> | undefined
  const open = () => (opened ??= chatModel({ ...options, baseURL, structured }))
  return defineJudge(
    options.name ?? model,
    async (question, signal) => {
      const reply = await generate(await open(), question, structured, signal)
      return 'kind' in reply ? reply.said : reply
    },
    {
      identity: `${model} at ${baseURL}${structured ? '' : ' (schema in the prompt)'}`,
      async logprobs(question, choices, signal) {
        // Without the schema: its grammar would change the probabilities.
        const first: Question = { messages: question.messages, maxTokens: 1 }
        const body = { logprobs: true, top_logprobs: mostAlternatives }
        const reply = await generate(await open(), first, structured, signal, body)
        return 'kind' in reply ? readLogprobs(reply.said, reply.raw, choices) : reply
      },
    },
  )
}

async function chatModel(options: OpenaiCompatibleOptions): Promise<ChatModel> {
  const { createOpenAICompatible } = await import('@ai-sdk/openai-compatible')
  const { baseURL, apiKey, headers, model, structured } = options
  return createOpenAICompatible({
    name: providerName,
    baseURL,
    supportsStructuredOutputs: structured ?? true,
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(headers === undefined ? {} : { headers: { ...headers } }),
  })(model)
}

function readLogprobs(
  said: { readonly text: string; readonly usage: { readonly inputTokens: number; readonly outputTokens: number } },
  raw: unknown,
  choices: readonly string[],
): Answer<readonly number[]> {
  const { text, usage } = said
  const top = response.safeParse(raw).data?.choices[0].logprobs?.content[0]?.top_logprobs
  if (top === undefined || top.length === 0) {
    return { ok: false, at: 'judge', reason: 'the server gave no log-probabilities', text, usage }
  }
  const found = choiceLogprobs(top, choices)
  if (found.kind === 'none') return { ok: false, at: 'judge', reason: found.reason, text, usage }
  return { ok: true, value: found.logprobs, text, usage, cached: false }
}

function checkedURL(baseURL: string): string {
  const url = URL.canParse(baseURL) ? new URL(baseURL) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return baseURL.replace(/\/+$/, '')
  throw new GuerdonError(`'${baseURL}' is no URL of a server`, {
    where: 'baseURL',
    fix: 'give one like http://127.0.0.1:8000/v1',
  })
}
