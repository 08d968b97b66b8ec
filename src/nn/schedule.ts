/** Learning-rate schedules: a step (from 0) to a factor of the base rate. */

export type Schedule = (step: number) => number

/** Always 1, after a linear rise over `warmup` steps. */
export function constantSchedule(options: { readonly warmup?: number } = {}): Schedule {
  return (step) => rise(step, options.warmup ?? 0)
}

/** Falls in a straight line from 1 to `floor` at `steps`, after the warm-up. */
export function linearSchedule(options: {
  readonly steps: number
  readonly warmup?: number
  readonly floor?: number
}): Schedule {
  const { steps, warmup = 0, floor = 0 } = options
  return (step) => rise(step, warmup) * (floor + (1 - floor) * (1 - progress(step, warmup, steps)))
}

/** Falls along half a cosine from 1 to `floor` at `steps`, after the warm-up (Loshchilov & Hutter 2017). */
export function cosineSchedule(options: {
  readonly steps: number
  readonly warmup?: number
  readonly floor?: number
}): Schedule {
  const { steps, warmup = 0, floor = 0 } = options
  return (step) =>
    rise(step, warmup) * (floor + ((1 - floor) * (1 + Math.cos(Math.PI * progress(step, warmup, steps)))) / 2)
}

const rise = (step: number, warmup: number) => (step < warmup ? (step + 1) / warmup : 1)

const progress = (step: number, warmup: number, steps: number) =>
  steps <= warmup ? 0 : Math.min(1, Math.max(0, (step - warmup) / (steps - warmup)))
