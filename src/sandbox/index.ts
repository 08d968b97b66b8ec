export * from './program.ts'
export * from './sandbox.ts'
export * from './workerPool.ts'
