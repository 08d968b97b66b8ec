export * from './clipDelta.ts'
export * from './grpoLambda.ts'
export * from './renorm.ts'
export * from './shaping.ts'
