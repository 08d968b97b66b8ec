/**
 * The area under the ROC curve: the chance that a score of one class is above one of the other, equals counting half
 * (Mann and Whitney 1947: U over the number of pairs).
 */

/** In [0, 1]; 0.5 says nothing, NaN where a class has no scores. */
export function areaUnderCurve(positive: readonly number[], negative: readonly number[]): number {
  const marked = [...positive.map((score) => ({ score, up: true })), ...negative.map((score) => ({ score, up: false }))]
  marked.sort((a, b) => a.score - b.score)
  let ranks = 0
  for (let at = 0; at < marked.length; ) {
    let end = at
    while (end < marked.length && marked[end].score === marked[at].score) end++
    // Ranks count from 1; equal scores share their mean rank.
    for (let i = at; i < end; i++) if (marked[i].up) ranks += (at + end + 1) / 2
    at = end
  }
  return (ranks - (positive.length * (positive.length + 1)) / 2) / (positive.length * negative.length)
}
