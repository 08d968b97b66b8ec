/** A process that asks a cached judge: `node cacheWriter.ts baseURL folder count start step`. */
import { openaiCompatible } from '../../src/judge/openaiCompatible.ts'
import { withCache } from '../../src/judge/withCache.ts'

const [baseURL, folder, count, start, step] = process.argv.slice(2)
const judge = withCache(openaiCompatible({ baseURL, model: 'm' }), folder)
const most = Number(count)
for (let i = 0; i < most; i++) {
  const question = (Number(start) + i * Number(step)) % most
  const answer = await judge.ask({ messages: [{ role: 'user', content: `question ${question}` }] })
  process.stdout.write(`${answer.ok ? answer.value : answer.reason}\n`)
}
