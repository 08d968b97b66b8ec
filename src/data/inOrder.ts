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
  const fault: unknown[] = []
  for await (const item of untilFault(source, fault)) {
    const result = work(item)
    // Its error is thrown when its turn comes; until then it is no unhandled one.
    result.catch(() => undefined)
    pending.push(result)
    const first = pending.length < most ? undefined : pending.shift()
    if (first !== undefined) yield await first
  }
  for (const result of pending) yield await result
  if (fault.length > 0) throw fault[0]
}

async function* untilFault<T>(source: AsyncIterable<T>, fault: unknown[]): AsyncGenerator<T, void, undefined> {
  try {
    yield* source
  } catch (thrown) {
    fault.push(thrown)
  }
}
