/**
 * A judge in this process: a GGUF file through node-llama-cpp (llama.cpp), an optional peer dependency. Answers with a
 * schema are held to it by a grammar; log-probs of choices are exact.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import type { GbnfJsonSchema, LlamaContextSequence, LlamaGrammar, Token } from 'node-llama-cpp'
import type { z } from 'zod'
import { GuerdonError, messageOf } from '../data/error.ts'
import { type AnyQuestion, defineJudge, drawSeed, givenUp } from './defineJudge.ts'
import { jsonSchemaOf } from './jsonSchemaOf.ts'
import type { Judge, Unanswered } from './judge.ts'
import { choicesLogprobs } from './llamaChoices.ts'
import { grammarSchema } from './llamaGrammar.ts'
import { prefiller } from './llamaPrefill.ts'
import { llamaPrompt } from './llamaPrompt.ts'
import type { Said } from './readAnswer.ts'
import { schemaInPrompt } from './schemaInPrompt.ts'
import { nothingUsed } from './usage.ts'
import { withConcurrency } from './withConcurrency.ts'

export interface LlamaCppOptions {
  /** A GGUF file. */
  readonly modelPath: string
  /** Threads that evaluate. Default: as many as this process may use. More than there are cores is slower by far. */
  readonly threads?: number
  /** Most tokens of a prompt and its answer together. Default: what the model was trained on, 4096 at most. */
  readonly contextSize?: number
  /** Use a graphics processor where llama.cpp finds one (default). */
  readonly gpu?: boolean
  /** Default: the file's name without its ending. */
  readonly name?: string
}

/** The token limit of an answer whose question has none. */
const usualLimit = 1024

/**
 * Loads the model; `close()` frees it. Greedy at temperature 0 (the default), else drawn from the whole distribution
 * with the question's seed and repetition. One question at a time, in the order they came; what a prompt shares with
 * the one before it is not read again, and no answer depends on what was asked before. Throws a GuerdonError where
 * node-llama-cpp is missing (`npm install node-llama-cpp`) or the file is no model it can load.
 */
export async function llamaCpp(options: LlamaCppOptions): Promise<Judge> {
  const identity = await fingerprint(options.modelPath)
  const local = await load(options)
  const name = options.name ?? basename(options.modelPath).replace(/\.gguf$/i, '')
  const judge = defineJudge(name, (question, signal) => speak(local, question, signal), {
    identity: `llama.cpp ${identity}`,
    async logprobs(question, choices, signal) {
      const prompt = readPrompt(local, question)
      if ('ok' in prompt) return prompt
      const tokens = choices.map((choice) => local.model.tokenize(choice, false, 'trimLeadingSpace'))
      const empty = choices.find((_, i) => tokens[i].length === 0)
      if (empty !== undefined) return failure(`'${empty}' is no choice: it has no tokens`)
      const longest = Math.max(0, ...tokens.map(({ length }) => length))
      if (prompt.length + longest > local.sequence.contextSize) return tooLong(prompt.length + longest, local.sequence)
      if (!(await local.prefill(prompt, signal))) return givenUp
      const value = await choicesLogprobs(local.sequence, prompt, tokens)
      const usage = { inputTokens: prompt.length, outputTokens: 0 }
      return { ok: true, value, text: '', usage, cached: false }
    },
    close: () => local.close(),
  })
  return withConcurrency(judge, 1)
}

type Local = Awaited<ReturnType<typeof load>>

async function load({ modelPath, threads = availableParallelism(), contextSize, gpu = true }: LlamaCppOptions) {
  const module = await importLlama()
  const llama = await module.getLlama({
    gpu: gpu ? 'auto' : false,
    maxThreads: threads,
    build: 'never',
    skipDownload: true,
    progressLogs: false,
    logLevel: module.LlamaLogLevel.error,
  })
  try {
    const model = await llama.loadModel({ modelPath })
    const size = contextSize ?? Math.min(model.trainContextSize ?? 4096, 4096)
    const context = await model.createContext({ contextSize: size, threads, sequences: 1 })
    const sequence = context.getSequence()
    const grammars = new WeakMap<z.ZodType, Promise<LlamaGrammar | undefined>>()
    return {
      module,
      model,
      sequence,
      prefill: prefiller(sequence),
      /** The schema's grammar, compiled once; undefined where llama.cpp has none for it. */
      grammar(schema: z.ZodType): Promise<LlamaGrammar | undefined> {
        const translated = grammars.has(schema) ? undefined : grammarSchema(jsonSchemaOf(schema))
        const compile = async () =>
          translated && (await llama.createGrammarForJsonSchema<GbnfJsonSchema>(translated).catch(() => undefined))
        const made = grammars.get(schema) ?? compile()
        grammars.set(schema, made)
        return made
      },
      close: () => llama.dispose(),
    }
  } catch (cause) {
    await llama.dispose()
    throw new GuerdonError(`llama.cpp cannot load the model: ${messageOf(cause)}`, {
      where: modelPath,
      fix: 'give a GGUF file of a text model, and a contextSize that fits into memory',
      cause,
    })
  }
}

async function importLlama() {
  try {
    return await import('node-llama-cpp')
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'
    throw new GuerdonError(
      missing ? 'a local judge needs the package node-llama-cpp' : `node-llama-cpp does not load: ${messageOf(cause)}`,
      { fix: 'npm install node-llama-cpp', cause },
    )
  }
}

async function speak(local: Local, question: AnyQuestion, signal?: AbortSignal): Promise<Said | Unanswered> {
  const { module, model, sequence } = local
  const { schema, temperature = 0, maxTokens = usualLimit } = question
  const grammar = schema === undefined ? undefined : await local.grammar(schema)
  const inWords = schema !== undefined && grammar === undefined
  const prompt = readPrompt(
    local,
    inWords ? { ...question, messages: schemaInPrompt(question.messages, schema) } : question,
  )
  if ('ok' in prompt) return prompt
  if (!(await local.prefill(prompt, signal))) return givenUp
  const limit = Math.min(maxTokens, sequence.contextSize - prompt.length)
  const seed = drawSeed(question)
  const drawn = sequence.evaluate(prompt.slice(-1), {
    temperature,
    yieldEogToken: true,
    ...(seed === undefined ? {} : { seed }),
    ...(grammar === undefined
      ? {}
      : { grammarEvaluationState: new module.LlamaGrammarEvaluationState({ model, grammar }) }),
  })
  const said: Token[] = []
  let finish: Said['finish'] = 'length'
  for await (const token of drawn) {
    if (signal?.aborted === true) return givenUp
    if (model.isEogToken(token)) {
      finish = 'stop'
      break
    }
    said.push(token)
    // The grammar lets four line feeds end an answer; JSON has none in a row inside.
    if (grammar !== undefined && model.detokenize(said.slice(-5)).endsWith('\n\n\n\n')) {
      finish = 'stop'
      break
    }
    if (said.length >= limit) break
  }
  const usage = { inputTokens: prompt.length, outputTokens: said.length }
  const text = model.detokenize(said)
  return { kind: 'said', text: grammar === undefined ? text : text.trimEnd(), finish, usage }
}

function readPrompt({ module, model, sequence }: Local, { messages }: AnyQuestion): Token[] | Unanswered {
  if (messages.some(({ content }) => typeof content !== 'string' && content.some(({ type }) => type === 'image'))) {
    return failure('this judge sees no images')
  }
  try {
    const prompt = llamaPrompt(module, model, messages)
    if (prompt.length === 0) return failure('the prompt is empty')
    return prompt.length < sequence.contextSize ? prompt : tooLong(prompt.length, sequence)
  } catch (thrown) {
    return failure(messageOf(thrown))
  }
}

function failure(reason: string): Unanswered {
  return { ok: false, at: 'judge', reason, usage: nothingUsed }
}

function tooLong(tokens: number, { contextSize }: LlamaContextSequence): Unanswered {
  return failure(`the prompt has ${tokens} tokens and the judge's context holds ${contextSize}`)
}

/** The file's size and a hash of its first and last 64 KB: enough to tell models apart without reading all of them. */
async function fingerprint(path: string): Promise<string> {
  const ends = 65536
  try {
    await using file = await open(path)
    const { size } = await file.stat()
    const hash = createHash('sha256')
    for (const position of [0, Math.max(0, size - ends)]) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(ends), 0, ends, position)
      hash.update(buffer.subarray(0, bytesRead))
    }
    return `${size} ${hash.digest('hex')}`
  } catch (cause) {
    throw new GuerdonError(`the model cannot be read: ${messageOf(cause)}`, {
      where: path,
      fix: 'give the path of a GGUF file',
      cause,
    })
  }
}
