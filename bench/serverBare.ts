/** The floor of bench/server.ts: node:http alone with the same reward. Prints its port once it listens. */
import { createServer } from 'node:http'

const answer = /#### -?\d+/

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const { query, prompts } = JSON.parse(Buffer.concat(chunks).toString())
    const rewards = query.map((text: string, i: number) => Number(answer.test(text.slice(prompts[i].length))))
    const body = JSON.stringify({ rewards, scores: rewards, extra_logs: { unscored: rewards.map(() => 0) } })
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body)
  })
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (typeof address === 'object') process.stdout.write(`${address?.port}\n`)
})
