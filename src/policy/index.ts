export * from './kl.ts'
export * from './local/local.ts'
export * from './policy.ts'
export * from './promptTokens.ts'
