/** Work on a stream of items, several at once, the results in the items' order. */

/**
 * `work` on each item, at most `most` at a time; results come in the order of the items. Where the source throws, the
 * results of what came before still come first.
 */
export async function* inOrder<T, R>(
  source: AsyncIterable<T>,
  most: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  const pending: Promise<R>[] = []
  try {
    for await (const item of source) {
      const result = work(item)
      // Its error is thrown when its turn comes; until then it is no unhandled one.
      result.catch(() => undefined)
      pending.push(result)
      if (pending.length < most) continue
      const first = pending.shift()
      if (first !== undefined) yield await first
    }
  } catch (thrown) {
    for (const result of pending.splice(0)) yield await result
    throw thrown
  }
  for (const result of pending) yield await result
}
