export * from './grpoLambda.ts'
export * from './shaping.ts'
