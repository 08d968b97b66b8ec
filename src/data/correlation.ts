/** How two lists of numbers go together: Pearson's r, Spearman's rho (r of the ranks) and Kendall's tau-b. */

/** Pearson's correlation of pairs, in [-1, 1]; undefined where either side does not vary. */
export function pearson(pairs: readonly (readonly [number, number])[]): number | undefined {
  const n = pairs.length
  const [meanX, meanY] = [0, 1].map((side) => pairs.reduce((total, pair) => total + pair[side], 0) / n)
  let [xx, yy, xy] = [0, 0, 0]
  for (const [x, y] of pairs) {
    xx += (x - meanX) ** 2
    yy += (y - meanY) ** 2
    xy += (x - meanX) * (y - meanY)
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : undefined
}

/** Spearman's: Pearson's of the ranks, equal values sharing their mean rank. */
export function spearman(pairs: readonly (readonly [number, number])[]): number | undefined {
  const [xs, ys] = [0, 1].map((side) => ranks(pairs.map((pair) => pair[side])))
  return pearson(xs.map((x, i) => [x, ys[i]]))
}

/**
 * Kendall's tau-b (Kendall 1945): concordant less discordant pairs over sqrt((P - T_x)(P - T_y)), T the pairs tied on
 * one side. In [-1, 1]; undefined where either side does not vary.
 */
export function kendallTau(pairs: readonly (readonly [number, number])[]): number | undefined {
  let [difference, untiedX, untiedY] = [0, 0, 0]
  for (let i = 0; i < pairs.length; i++)
    for (let j = 0; j < i; j++) {
      const [x, y] = [Math.sign(pairs[i][0] - pairs[j][0]), Math.sign(pairs[i][1] - pairs[j][1])]
      difference += x * y
      untiedX += Math.abs(x)
      untiedY += Math.abs(y)
    }
  return untiedX > 0 && untiedY > 0 ? difference / Math.sqrt(untiedX * untiedY) : undefined
}

function ranks(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b])
  const result = new Array<number>(values.length)
  for (let start = 0; start < order.length; ) {
    let end = start
    while (end < order.length && values[order[end]] === values[order[start]]) end++
    for (let i = start; i < end; i++) result[order[i]] = (start + end - 1) / 2
    start = end
  }
  return result
}
