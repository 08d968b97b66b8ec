export * from './autoevals.ts'
export * from './openaiGrader.ts'
export { type PromptfooAssertion, type PromptfooResult, promptfoo } from './promptfoo.ts'
