/** llama.cpp as a peer: what it says of the same file. */
import type { ControlledEvaluateInputItem, Llama, LlamaModel, Token } from 'node-llama-cpp'

export interface Peer {
  /** log p of every token of the vocabulary after each token of a text, [length][vocabulary]. */
  logprobs(path: string, tokens: readonly number[]): Promise<Float64Array[]>
  /** Token ids of each text, special tokens in it read as such. */
  tokenise(path: string, texts: readonly string[]): Promise<number[][]>
  /** The likeliest continuation of each prompt, and log p of its tokens' two best candidates. */
  greedy(path: string, prompts: readonly (readonly number[])[], count: number): Promise<Greedy[]>
  close(): Promise<void>
}

export interface Greedy {
  readonly tokens: number[]
  /** log p of the best and of the second best token at each place. */
  readonly best: (readonly [number, number])[]
}

/** Undefined where node-llama-cpp has no binary for this machine. */
export async function llamaCpp(): Promise<Peer | undefined> {
  let llama: Llama
  try {
    const { getLlama, LlamaLogLevel } = await import('node-llama-cpp')
    const logLevel = LlamaLogLevel.error
    // Its threads spin: more of them than free cores make it hundreds of times slower.
    llama = await getLlama({ gpu: false, maxThreads: 1, build: 'never', logLevel, progressLogs: false })
  } catch {
    return undefined
  }
  const withModel = async <T>(path: string, use: (model: LlamaModel) => Promise<T> | T): Promise<T> => {
    const model = await llama.loadModel({ modelPath: path, useMmap: false })
    try {
      return await use(model)
    } finally {
      await model.dispose()
    }
  }
  /** Probabilities after each token asked for; keys and values are kept as floats, as they are here. */
  const withSequence = async <T>(model: LlamaModel, size: number, use: (next: Next) => Promise<T>): Promise<T> => {
    const context = await model.createContext({
      ...{ contextSize: size, threads: 1, flashAttention: false },
      ...{ experimentalKvCacheKeyType: 'F32', experimentalKvCacheValueType: 'F32' },
    })
    try {
      const sequence = context.getSequence()
      return await use(async (tokens, all) => {
        const items = await sequence.controlledEvaluate(
          tokens.map((token, i): ControlledEvaluateInputItem => {
            const asked = all || i === tokens.length - 1
            const id = token as Token
            return asked ? [id, { generateNext: { probabilities: true } }] : id
          }),
        )
        return items.flatMap((item) => item?.next.probabilities ?? [])
      })
    } finally {
      await context.dispose()
    }
  }
  return {
    logprobs: (path, tokens) =>
      withModel(path, (model) =>
        withSequence(model, 256, async (next) =>
          (await next(tokens, true)).map((row) => {
            const logs = new Float64Array(row.size)
            for (const [token, probability] of row) logs[token] = Math.log(probability)
            return logs
          }),
        ),
      ),
    tokenise: (path, texts) =>
      withModel(path, (model) => texts.map((text) => [...model.tokenize(text, true, 'trimLeadingSpace')])),
    greedy: (path, prompts, count) =>
      withModel(path, async (model) => {
        const answers: Greedy[] = []
        for (const prompt of prompts)
          answers.push(
            await withSequence(model, 256, async (next) => {
              const answer: Greedy = { tokens: [], best: [] }
              let feed = prompt
              while (answer.tokens.length < count) {
                const [row] = await next(feed, false)
                const [first, p, q] = bestTwo(row)
                answer.tokens.push(first)
                answer.best.push([Math.log(p), Math.log(q)])
                feed = [first]
              }
              return answer
            }),
          )
        return answers
      }),
    close: () => llama.dispose(),
  }
}

/** The likeliest token, its probability and that of the next. */
function bestTwo(row: ReadonlyMap<number, number>): readonly [number, number, number] {
  let [first, most, second] = [-1, 0, 0]
  for (const [token, probability] of row)
    if (probability > most) [first, most, second] = [token, probability, most]
    else if (probability > second) second = probability
  return [first, most, second]
}

type Next = (tokens: readonly number[], all: boolean) => Promise<ReadonlyMap<number, number>[]>
