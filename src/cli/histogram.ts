/** Counts of numbers that come one by one, in bounded memory, and the picture of them in text. */

/** Most bars of a picture, and most different values that are told apart. */
const mostBars = 12

export interface Histogram {
  add(value: number): void
  /** The bars from the least value up. */
  bars(): readonly Bar[]
}

export interface Bar {
  /** Values from `low` up to, but not including, `high`; a single value where they are equal. */
  readonly low: number
  readonly high: number
  readonly count: number
}

/**
 * While there are few different values each has a bar of its own. From then on bars are bins [k w, (k + 1) w) of a width
 * w that is a power of 2: it starts tiny and doubles, adjoining bins added up, whenever they would be too many.
 */
export function histogram(): Histogram {
  const single = new Map<number, number>()
  const bins = new Map<number, number>()
  let width = 0
  const put = (value: number, count: number) => {
    const bin = Math.floor(value / width)
    bins.set(bin, (bins.get(bin) ?? 0) + count)
    while (Math.max(...bins.keys()) - Math.min(...bins.keys()) >= mostBars) {
      const finer = [...bins]
      bins.clear()
      width *= 2
      for (const [index, held] of finer) bins.set(Math.floor(index / 2), (bins.get(Math.floor(index / 2)) ?? 0) + held)
    }
  }
  return {
    add(value) {
      if (width > 0) return put(value, 1)
      single.set(value, (single.get(value) ?? 0) + 1)
      if (single.size <= mostBars) return
      // The width at which the present values fill the picture; finer bins would only be added up again.
      const span = Math.max(...single.keys()) - Math.min(...single.keys())
      width = 2 ** Math.floor(Math.log2(span / mostBars))
      for (const [each, count] of single) put(each, count)
    },
    bars() {
      const found =
        width === 0
          ? [...single].map(([value, count]) => ({ low: value, high: value, count }))
          : [...bins].map(([bin, count]) => ({ low: bin * width, high: (bin + 1) * width, count }))
      return found.sort((a, b) => a.low - b.low)
    },
  }
}

/** One line a bar, the longest as long as `length` characters. */
export function picture(bars: readonly Bar[], length = 40): string {
  const most = Math.max(...bars.map(({ count }) => count))
  const number = (value: number) => String(Number(value.toPrecision(4)))
  const names = bars.map(({ low, high }) => (low === high ? number(low) : `${number(low)} – ${number(high)}`))
  const wide = Math.max(...names.map((name) => name.length))
  return bars
    .map(({ count }, i) => {
      const bar = '█'.repeat(Math.round((length * count) / most)) || '▏'
      return `  ${names[i].padStart(wide)}  ${bar} ${count}`
    })
    .join('\n')
}
