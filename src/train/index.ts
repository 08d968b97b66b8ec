export * from './census.ts'
export * from './collect.ts'
export * from './companion.ts'
export {
  type DataFileTask,
  defineConfig,
  type Named,
  type NanoPolicy,
  type RewardModule,
  type TrainConfig,
} from './config.ts'
export * from './critic.ts'
export * from './densityRatio.ts'
export * from './distil.ts'
export * from './evaluate.ts'
export * from './implicitReward.ts'
export * from './options.ts'
export * from './policyGradient.ts'
export * from './preference.ts'
export type { PreferenceConfig, PreferenceFile } from './preferenceConfig.ts'
export { batchesOf, type Example, type PreferenceData } from './preferenceExamples.ts'
export type {
  PreferenceCompanion,
  PreferenceEvaluation,
  PreferenceLesson,
  PreferenceOptions,
} from './preferenceOptions.ts'
export * from './preferencesOf.ts'
export * from './readouts.ts'
export * from './recipe.ts'
export * from './supervised.ts'
export * from './tokenRewardModel.ts'
export type { TrainingResult } from './trainingResult.ts'
export * from './warmUp.ts'
