export * from './shaping.ts'
