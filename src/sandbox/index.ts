export * from './workerPool.ts'
