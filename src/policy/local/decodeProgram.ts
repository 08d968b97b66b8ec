/** The program of sampling: one token more for every row. */
import * as g from '../../graph/index.ts'
import { decodeNext, type KeysValues, type Product, weightInputs } from '../../nn/decoder.ts'
import { headName } from '../../nn/heads.ts'
import { view } from '../../nn/parameters.ts'
import { adaptersOf, type Engine, layered } from './programs.ts'
import { adapterFeeds, type Snapshot, weightFeeds } from './weights.ts'

/** How the model's matrices are kept for sampling. */
export type SamplingWeights = 'float32' | 'int8'

export type DecodeOutputs = Readonly<Record<'logits' | 'keys' | 'values', g.Value<'float32'>>>

/** One token more for every row of a batch. */
export interface DecodeProgram {
  /**
   * With this snapshot; where the weights are constants, its base is the one it was compiled for. Inputs: tokens and lengths [batch],
   * and each layer's cache; outputs: logits [batch, vocabulary] and the new keys and values of all
   * layers, [layers, batch, keyValueHeads, 1, headSize]: handing over one output takes as long as a small product.
   */
  run(snapshot: Snapshot, inputs: Readonly<Record<string, g.Value>>): Promise<DecodeOutputs>
  close(): Promise<void>
}

/**
 * @param given the weights as constants, packed when it is compiled; or as inputs, packed at every token, and compiled once
 * for all the weights a model will have
 */
export async function decodeProgram(
  snapshot: Snapshot,
  engine: Engine,
  kept: SamplingWeights,
  given: 'constants' | 'inputs',
): Promise<DecodeProgram> {
  const { config, plan } = snapshot
  const head = headName(config)
  const rounded = new Map(kept === 'int8' ? quantisable(snapshot) : [])
  // The embedding is looked up in full precision even where the head that is tied to it is rounded.
  const full = plan.blocks.filter(({ name }) => !rounded.has(name) || name === 'model.embed_tokens.weight')
  const weights = weightInputs({ ...plan, blocks: full }, 'block')
  const feeds = (of: Snapshot) => weightFeeds({ ...of, plan: { ...plan, blocks: full } }, 'block')
  const product: Product = (x, name) => {
    const matrix = rounded.get(name)
    return matrix === undefined ? g.matmul(x, weights[name], { transposeB: true }) : g.quantisedMatmul(x, matrix)
  }
  const adapters = adaptersOf(snapshot)
  const tokens = g.input('tokens', 'int64', ['batch'])
  const lengths = g.input('lengths', 'int64', ['batch'])
  const slots = ['batch', config.keyValueHeads, 'capacity', config.headSize]
  const cache = (kind: string) =>
    Array.from({ length: config.layers }, (_, i) => g.input(`${kind}.${i}`, 'float32', slots))
  const past: KeysValues = { keys: cache('keys'), values: cache('values') }
  const next = decodeNext(config, weights, tokens, lengths, past, { adapters, product })
  const program = await g.compile(
    { ...weights, ...adapters?.weights, tokens, lengths, ...layered(past) },
    { logits: product(next.hidden, head), keys: stacked(next.keys), values: stacked(next.values) },
    { ...engine, ...(given === 'constants' ? { constants: feeds(snapshot) } : {}) },
  )
  return {
    run: (of, inputs) => program.run({ ...(given === 'constants' ? {} : feeds(of)), ...adapterFeeds(of), ...inputs }),
    close: () => program.close(),
  }
}

/** Tensors of one shape along a new first axis. */
function stacked(each: readonly g.Float[]): g.Float {
  return g.concat(
    each.map((x) => g.unsqueeze(x, 0)),
    0,
  )
}

/** The matrices whose rows are whole blocks. */
function* quantisable({ plan, values }: Snapshot): Generator<[string, g.QuantisedMatrix]> {
  for (const { name, shape } of plan.blocks)
    if (shape.length === 2 && shape[1] % g.quantisedBlock === 0 && !name.startsWith('value_head'))
      yield [name, g.quantise(view(values, plan.ofBlock.get(name)), shape[0], shape[1])]
}
