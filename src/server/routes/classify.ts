/**
 * /classify: vLLM's classification endpoint, which veRL calls for a discriminative reward model. The input is one chat as
 * text, so the reward sees all of it as the completion, without a reference.
 */
import { z } from 'zod'
import type { Sample } from '../../data/message.ts'
import type { Score } from '../../data/score.ts'
import {
  type About,
  checked,
  completionText,
  has,
  numberOf,
  promptMessages,
  type Route,
  scoreJson,
  spoken,
} from '../route.ts'

const texts = z.looseObject({ input: z.union([z.array(z.string()), z.string()]) })
const chat = z.looseObject({ messages: spoken })

export const classify: Route = {
  path: '/classify',
  summary: "vLLM's /classify, as veRL calls a reward model: probs[0] is the reward",
  request: z.union([texts, chat]),
  response: z.object({
    object: z.string(),
    model: z.string(),
    data: z.array(z.looseObject({ index: z.int(), label: z.null(), probs: z.array(z.number()), num_classes: z.int() })),
  }),
  question(body) {
    const samples = has(body, 'messages')
      ? [chatSample(checked(chat, body).messages)]
      : textSamples(checked(texts, body))
    return { samples, answer: (scores, about) => classes(scores, about) }
  },
}

function classes(scores: readonly Score[], about: About) {
  return {
    object: 'list',
    model: about.name,
    data: scores.map((score, index) => ({
      index,
      label: null,
      probs: [numberOf(score, about)],
      num_classes: 1,
      ...(score.kind === 'scored' ? {} : scoreJson(score)),
    })),
  }
}

function textSamples({ input }: z.output<typeof texts>): Sample[] {
  const all = typeof input === 'string' ? [input] : input
  return all.map((text, at) => ({ prompt: { id: `input ${at}`, messages: [] }, completion: { text, finish: 'stop' } }))
}

/** The last message is the answer, what stands before it the prompt. */
function chatSample(said: z.output<typeof spoken>): Sample {
  const [before, last] = typeof said === 'string' ? ['', said] : [said.slice(0, -1), said.slice(-1)]
  return {
    prompt: { id: 'messages', messages: promptMessages(before) },
    completion: { text: completionText(last), finish: 'stop' },
  }
}
