/**
 * Position bias of a reward that compares answers: each prompt's answers in the order given and in the reverse one. The same
 * answer should be worth as much in the first place as in the last.
 */
import { meanFigure, type Observed, present, shareFigure } from './figure.ts'
import { type Probe, skipped, unscoredIn, valueIn } from './probe.ts'

export const positionBias: Probe = {
  name: 'positionBias',
  title: 'Position',
  question: 'Is an answer worth more for standing first among those it is compared with?',
  async run({ reward, samples, together, width, seed }) {
    if (reward.listwise !== true) return skipped('the reward looks at one answer at a time')
    const groups = [...Map.groupBy(samples, ({ prompt }) => prompt.id)].filter(([, group]) => group.length > 1)
    if (groups.length === 0) return skipped('no prompt has two answers')
    const gaps: Observed<number>[] = []
    const moved: Observed<boolean>[] = []
    let unscored = 0
    for (const [prompt, group] of groups) {
      const forth = await together(group)
      const back = [...(await together(group.toReversed()))].reverse()
      unscored += unscoredIn(forth) + unscoredIn(back)
      const last = group.length - 1
      const ends = [
        [valueIn(forth[0]), valueIn(back[0])],
        [valueIn(back[last]), valueIn(forth[last])],
      ]
      for (const [first, second] of ends)
        if (first !== undefined && second !== undefined) gaps.push({ prompt, value: (first - second) / width })
      moved.push({ prompt, value: best(forth.map(valueIn)) !== best(back.map(valueIn)) })
    }
    const figures = present([
      meanFigure('firstMinusLast', 'value in the first place less value in the last', gaps, seed),
      shareFigure('bestMoves', 'the best answer changes with the order', moved),
    ])
    return { figures, unscored }
  },
}

/** The places of the greatest value: ties stay ties. */
function best(values: readonly (number | undefined)[]): string {
  const most = Math.max(...values.map((value) => value ?? Number.NEGATIVE_INFINITY))
  return values.flatMap((value, at) => (value === most ? at : [])).join()
}
