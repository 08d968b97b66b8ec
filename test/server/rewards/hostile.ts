/** A reward that does what the answer says. */
import { setTimeout } from 'node:timers/promises'
import type { Sample } from '../../../src/data/message.ts'
import type { Score } from '../../../src/data/score.ts'

const scored = (value: number): Score => ({ kind: 'scored', value, parts: { half: value / 2 }, feedback: 'seen' })

async function one({ prompt, completion: { text } }: Sample): Promise<Score> {
  if (text === 'loop') for (;;);
  if (text === 'never') return new Promise(() => undefined)
  if (text === 'loop later') {
    await setTimeout(1)
    for (;;);
  }
  // 0.8 s of the processor's time, however long the clock says that is.
  if (text === 'busy') {
    const since = process.cpuUsage()
    for (let used = { user: 0, system: 0 }; used.user + used.system < 800_000; ) used = process.cpuUsage(since)
  }
  if (text === 'throw') throw new Error('no idea')
  if (text === 'exit') process.exit(3)
  if (text === 'NaN') return { kind: 'scored', value: Number.NaN }
  if (text === 'memory') {
    const held: number[][] = []
    for (;;) held.push(new Array<number>(1_000_000).fill(held.length))
  }
  if (text.startsWith('wait')) await setTimeout(Number(text.slice(4)))
  return scored(text === prompt.reference ? 1 : text.length)
}

export default {
  name: 'hostile',
  range: [-1, 1],
  async score(samples: readonly Sample[]): Promise<readonly Score[]> {
    const scores = await Promise.all(samples.map(one))
    return samples[0].completion.text === 'two scores' ? [...scores, ...scores] : scores
  },
}
