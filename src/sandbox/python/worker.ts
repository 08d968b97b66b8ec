/** A worker process for Python: `node worker.ts <Pyodide's directory as a URL> <memory limit in bytes>`. */
import { Kind } from '../frames.ts'
import { type Host, runWorker } from '../workerLoop.ts'
import { type Streams, startInterpreter } from './interpreter.ts'

const [directory, memoryLimit] = process.argv.slice(2)

await runWorker((host, snapshot) =>
  startInterpreter(directory, streamsOf(host), {
    memoryLimit: Number(memoryLimit),
    ...(snapshot.length > 0 ? { from: snapshot } : { snapshot: true }),
  }),
)

/** The interpreter reads a frame as [kind: u8][length: u32][payload] and writes one as [kind: u8][payload]. */
function streamsOf(host: Host): Streams {
  let inbox = new Uint8Array(0)
  return {
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    interrupted: host.interrupted,
    receive(buffer) {
      if (inbox.length === 0) {
        const { kind, payload } = host.receive()
        inbox = new Uint8Array(5 + payload.length)
        inbox[0] = kind
        new DataView(inbox.buffer).setUint32(1, payload.length, true)
        inbox.set(payload, 5)
      }
      const count = Math.min(buffer.length, inbox.length)
      buffer.set(inbox.subarray(0, count))
      inbox = inbox.subarray(count)
      return count
    },
    send: (bytes) => host.send(bytes[0] === Kind.done ? Kind.done : Kind.request, bytes.slice(1)),
  }
}
