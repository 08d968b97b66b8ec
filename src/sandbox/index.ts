export * from './program.ts'
export * from './sandbox.ts'
