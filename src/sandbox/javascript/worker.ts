/** A worker process for JavaScript: `node worker.ts <folder of quickjs-wasi> <memory limit in bytes>`. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runWorker } from '../workerLoop.ts'
import { startEngine } from './engine.ts'

const [folder, memoryLimit] = process.argv.slice(2)

await runWorker((host) => startEngine(readFileSync(join(folder, 'quickjs.wasm')), Number(memoryLimit), host))
