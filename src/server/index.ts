export * from './keys.ts'
export * from './log.ts'
export * from './serve.ts'
