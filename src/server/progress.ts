/**
 * Where the scoring thread is, in memory that its watchdog shares. An endless loop cannot say that it is one; the
 * watchdog, a thread of its own, sees that nothing moves and says which piece is to blame.
 */

/** Whole numbers by place. `job` is 0 while no piece runs synchronously; `turns` moves at every piece, `beats` with the event loop. */
const Place = { job: 0, piece: 1, limitMs: 2, turns: 3, beats: 4 } as const

export interface Progress {
  readonly shared: SharedArrayBuffer
  /** A piece is about to run; until `end` whatever blocks is its doing. */
  begin(job: number, piece: number, limitMs: number): void
  end(): void
  /** The event loop is alive. */
  beat(): void
}

export function progress(): Progress {
  const shared = new SharedArrayBuffer(4 * Object.keys(Place).length)
  const places = new Int32Array(shared)
  return {
    shared,
    begin(job, piece, limitMs) {
      places[Place.piece] = piece
      places[Place.limitMs] = Math.min(limitMs, 2 ** 31 - 1)
      places[Place.turns]++
      Atomics.store(places, Place.job, job)
    },
    end() {
      Atomics.store(places, Place.job, 0)
    },
    beat() {
      Atomics.add(places, Place.beats, 1)
    },
  }
}

/** What a look at the shared memory shows. */
export interface Glance {
  readonly job: number
  readonly piece: number
  readonly limitMs: number
  readonly turns: number
  readonly beats: number
}

export function glance(shared: SharedArrayBuffer): Glance {
  const places = new Int32Array(shared)
  const at = (place: number) => Atomics.load(places, place)
  return {
    job: at(Place.job),
    piece: at(Place.piece),
    limitMs: at(Place.limitMs),
    turns: at(Place.turns),
    beats: at(Place.beats),
  }
}
