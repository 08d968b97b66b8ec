/** What rewards that show a judge all answers of a prompt share: groups, draws in several orders, and their mean. */
import type { Sample } from '../../data/message.ts'
import { type Score, scored, type Unscored, unscored } from '../../data/score.ts'
import type { Reward } from '../reward.ts'
import { type Draws, meanAndSpread } from './askJudge.ts'
import { type Candidates, maskedCandidates } from './maskedCandidates.ts'

/** Values by masked name, and what the judge said for all of them. */
export interface ListVerdict {
  readonly values: ReadonlyMap<string, number>
  readonly feedback?: string
}

/**
 * A listwise reward whose `judge` values the candidates of one prompt, once for each repetition in an order of its own. The
 * value is the mean over the draws that were answered, `confidence` 1 less its standard deviation over the range's half.
 */
export function listwiseJudge(
  name: string,
  range: readonly [number, number],
  draws: Draws,
  judge: (
    samples: readonly Sample[],
    candidates: Candidates,
    draw: number,
    signal?: AbortSignal,
  ) => Promise<ListVerdict | Unscored>,
): Reward {
  const { repetitions = 1, seed = 0 } = draws
  const group = async (samples: readonly Sample[], signal?: AbortSignal): Promise<Score[]> => {
    const lists = Array.from({ length: repetitions }, (_, draw) => maskedCandidates(samples, seed, draw))
    if (lists[0].names.length < 2) {
      const reason = `prompt '${samples[0].prompt.id}' has no two different answers to compare`
      return samples.map(() => unscored('reward', reason))
    }
    const verdicts = await Promise.all(lists.map((list, draw) => judge(samples, list, draw, signal)))
    return samples.map((_, i) => {
      const said = verdicts.flatMap((verdict, draw) =>
        'kind' in verdict ? [] : [{ verdict, name: lists[draw].nameOf[i] }],
      )
      const [first] = verdicts
      if (said.length === 0) return 'kind' in first ? first : unscored('judge', 'no draw was answered')
      const { mean, spread } = meanAndSpread(
        said.map(({ verdict, name: shown }) => verdict.values.get(shown) ?? Number.NaN),
      )
      const [{ verdict, name: shown }] = said
      return scored(mean, {
        ...(verdict.feedback === undefined ? {} : { feedback: `as ${shown}: ${verdict.feedback}` }),
        ...(said.length > 1 ? { confidence: 1 - spread / ((range[1] - range[0]) / 2) } : {}),
      })
    })
  }
  return {
    name,
    range,
    listwise: true,
    async score(samples, signal) {
      const scores = new Array<Score>(samples.length)
      const groups = Map.groupBy(samples.keys(), (at) => samples[at].prompt.id)
      await Promise.all(
        Array.from(groups.values(), async (places) => {
          const found = await group(
            places.map((at) => samples[at]),
            signal,
          )
          places.forEach((at, i) => {
            scores[at] = found[i]
          })
        }),
      )
      return scores
    },
  }
}
