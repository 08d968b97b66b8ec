/**
 * A Bradley-Terry reward model on a tiny decoder: the score of a text is the value before its end token, learned from pairs by
 *
 *     loss = mean -log sigma(s(chosen) - s(rejected))
 */
import { random, type Sequence } from 'guerdon/data'
import { copyOf, type LocalPolicy } from 'guerdon/policy'

export interface PairwiseModel {
  score(texts: readonly string[]): Promise<number[]>
  learn(
    pairs: readonly (readonly [chosen: string, rejected: string])[],
    budget: { readonly steps: number; readonly batch: number; readonly learningRate: number },
    seed: number,
  ): Promise<void>
  close(): Promise<void>
}

/** Takes the policy over and closes it: its weights with a new value head. */
export function pairwiseModel(start: LocalPolicy): PairwiseModel {
  const model = copyOf(start, { valueHead: true })
  const { tokenizer } = model
  const sequence = (text: string): Sequence => {
    const tokens = tokenizer.encode(text)
    return { tokens: Int32Array.from([...tokens, tokenizer.endId]), promptLength: tokens.length }
  }
  const score = async (texts: readonly string[]) =>
    (await model.forward(texts.map(sequence), ['values'])).map(({ values = [Number.NaN] }) => values[0])
  return {
    score,
    async learn(pairs, { steps, batch, learningRate }, seed) {
      const draw = random(`pairs ${seed}`)
      let order: (typeof pairs)[number][] = []
      for (let step = 0; step < steps; step++) {
        if (order.length < batch) order = draw.shuffle(pairs)
        const texts = order.splice(0, batch).flat()
        const scores = await score(texts)
        // dL/ds is -sigma(rejected - chosen) / batch for the chosen, as much the other way for the rejected.
        const coefficients = texts.map((_, i) => {
          const [chosen, rejected] = [scores[i - (i % 2)], scores[i - (i % 2) + 1]]
          const slope = 1 / (1 + Math.exp(chosen - rejected)) / batch
          return { values: Float32Array.of(i % 2 === 0 ? -slope : slope) }
        })
        await model.backward(texts.map(sequence), coefficients)
        await model.step({ learningRate, clipNorm: 1 })
      }
    },
    close: async () => {
      await model.close()
      await start.close()
    },
  }
}
