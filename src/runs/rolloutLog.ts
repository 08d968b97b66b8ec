/** rollouts.jsonl: what the policy said, one line for each group that is kept. */
import { join } from 'node:path'
import { z } from 'zod'
import { type JsonlLog, openJsonlLog } from '../data/appendJsonl.ts'
import { type Json, type Message, textOf } from '../data/message.ts'
import type { Group, Rollout } from '../data/rollout.ts'
import type { Score } from '../data/score.ts'
import { cutStepLog, readStepLog } from './stepLog.ts'

const number = z.number().nullable()

const completionRecord = z.object({
  text: z.string(),
  finish: z.enum(['stop', 'length']),
  /** One string per token. */
  tokens: z.array(z.string()),
  logprobs: z.array(number),
  advantages: z.array(number),
  score: z
    .object({
      value: z.number(),
      parts: z.record(z.string(), number).optional(),
      steps: z.array(number).optional(),
      tokens: z.array(number).optional(),
      feedback: z.string().optional(),
      confidence: number.optional(),
    })
    .optional(),
  unscored: z.object({ at: z.string(), reason: z.string() }).optional(),
})

const rolloutRecord = z.object({
  step: z.int().nonnegative(),
  /** The group's place in its step's batch. */
  group: z.int().nonnegative(),
  prompt: z.object({
    id: z.string(),
    messages: z.array(z.object({ role: z.string(), text: z.string() })),
    reference: z.json().optional(),
  }),
  completions: z.array(completionRecord),
})

/** A group as it is kept. Every completion has a `score` or an `unscored`. */
export type RolloutRecord = z.output<typeof rolloutRecord>
export type CompletionRecord = z.output<typeof completionRecord>

/** Opens a run's rollouts for appending after step `last`; later lines are cut off. */
export async function openRolloutLog(folder: string, last: number): Promise<JsonlLog> {
  await cutStepLog(rolloutsFile(folder), last)
  return openJsonlLog(rolloutsFile(folder))
}

/** The lines of a run's rollouts.jsonl. */
export function readRollouts(folder: string): AsyncGenerator<RolloutRecord, void, undefined> {
  return readStepLog(rolloutsFile(folder), rolloutRecord)
}

/** A group as a line: `advantages[i]` are those of rollout i, `tokenText` is the text of one token id. */
export function rolloutLine(
  step: number,
  index: number,
  group: Group,
  advantages: readonly Float32Array[],
  tokenText: (id: number) => string,
): Json {
  const { id, messages, reference } = group.prompt
  return {
    step,
    group: index,
    prompt: { id, messages: messages.map(messageRecord), ...(reference === undefined ? {} : { reference }) },
    completions: group.rollouts.map((rollout, i) => ({
      ...saidIn(rollout, tokenText),
      advantages: decimals(advantages[i]),
      ...scoreRecord(group.scores[i]),
    })),
  }
}

function rolloutsFile(folder: string): string {
  return join(folder, 'rollouts.jsonl')
}

function messageRecord({ role, content }: Message): { role: string; text: string } {
  const images = typeof content === 'string' ? [] : content.filter((part) => part.type === 'image')
  const notes = images.map((image) => `[${image.mediaType}, ${image.bytes.length} bytes]`)
  return { role, text: [textOf(content), ...notes].join('\n') }
}

function saidIn({ sample, sequence, logprobs }: Rollout, tokenText: (id: number) => string) {
  const { text, finish } = sample.completion
  const tokens = Array.from(sequence.tokens.subarray(sequence.promptLength), tokenText)
  return { text, finish, tokens, logprobs: decimals(logprobs) }
}

function scoreRecord(score: Score): { [key: string]: Json } {
  if (score.kind === 'unscored') return { unscored: { at: score.at, reason: score.reason } }
  const { value, parts, steps, tokens, feedback, confidence } = score
  return {
    score: {
      value,
      ...(parts === undefined ? {} : { parts }),
      ...(steps === undefined ? {} : { steps: decimals(steps) }),
      ...(tokens === undefined ? {} : { tokens: decimals(tokens) }),
      ...(feedback === undefined ? {} : { feedback }),
      ...(confidence === undefined ? {} : { confidence }),
    },
  }
}

/** The shortest decimals that are these 32-bit floats: 0.1, not 0.10000000149011612. JSON writes NaN as null. */
function decimals(values: Float32Array): number[] {
  return Array.from(values, (value) => {
    for (let digits = 6; digits <= 9; digits++) {
      const short = Number(value.toPrecision(digits))
      if (Math.fround(short) === value) return short
    }
    return value
  })
}
