/**
 * /classify: vLLM's classification endpoint, which veRL calls for a discriminative reward model. The input is one chat as
 * text, so the reward sees all of it as the completion, without a reference.
 */
import { z } from 'zod'
import { completionText, numberOf, promptMessages, route, scoreJson, spoken } from '../route.ts'

export const classify = route({
  path: '/classify',
  summary: "vLLM's /classify, as veRL calls a reward model: probs[0] is the reward",
  request: z.union([
    z.looseObject({ input: z.union([z.string(), z.array(z.string())]) }),
    z.looseObject({ messages: spoken }),
  ]),
  response: z.object({
    object: z.string(),
    model: z.string(),
    data: z.array(z.looseObject({ index: z.int(), label: z.null(), probs: z.array(z.number()), num_classes: z.int() })),
  }),
  question(body) {
    const samples = 'input' in body ? texts(body.input).map(textSample) : [chatSample(body.messages)]
    return {
      samples,
      answer: (scores, about) => ({
        object: 'list',
        model: about.name,
        data: scores.map((score, index) => ({
          index,
          label: null,
          probs: [numberOf(score, about)],
          num_classes: 1,
          ...(score.kind === 'scored' ? {} : scoreJson(score)),
        })),
      }),
    }
  },
})

function texts(input: unknown): readonly string[] {
  return Array.isArray(input) ? input : [String(input)]
}

function textSample(text: string, at: number) {
  return { prompt: { id: `input ${at}`, messages: [] }, completion: { text, finish: 'stop' } } as const
}

/** The last message is the answer, what stands before it the prompt. */
function chatSample(chat: z.output<typeof spoken>) {
  const [before, last] = typeof chat === 'string' ? ['', chat] : [chat.slice(0, -1), chat.slice(-1)]
  return {
    prompt: { id: 'messages', messages: promptMessages(before) },
    completion: { text: completionText(last), finish: 'stop' },
  } as const
}
