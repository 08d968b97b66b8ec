/**
 * Text that teaches from feedback ("Learning to Generate from Textual Interactions", LeTI, arXiv 2305.10314): a coarse
 * reward token, for failures a fine textual feedback, then the problem and the model's own program, with nothing between:
 *
 *     <|good|> x y          <|bad|> <|lang_feedback|> f <|/lang_feedback|> x y
 */

/** The four tokens; to a tokenizer each should be one. */
export const feedbackTokens = {
  good: '<|good|>',
  bad: '<|bad|>',
  open: '<|lang_feedback|>',
  close: '<|/lang_feedback|>',
} as const

export interface FeedbackExample {
  readonly prompt: string
  readonly answer: string
  readonly good: boolean
  /** What an interpreter or a critic said; left out, only the coarse token speaks (the paper's binary ablation). */
  readonly feedback?: string
}

/** The training text, and where the problem starts in it: what stands before is reward. */
export function feedbackConditioned(example: FeedbackExample): { readonly text: string; readonly prefix: number } {
  const { prompt, answer, good, feedback } = example
  const { open, close } = feedbackTokens
  const fine = feedback === undefined ? '' : `${open}${feedback}${close}`
  const head = `${good ? feedbackTokens.good : feedbackTokens.bad}${fine}`
  return { text: `${head}${prompt}${answer}`, prefix: head.length }
}

/** LeTI's stop strings: what a model writes behind the function it was asked for. */
const STOPS = ['\nclass', '\nassert', '\n"""', '\nprint', '\nif', '\n<|/']

/** A program up to the first stop string, without white space at its end. */
export function firstFunction(program: string): string {
  const ends = STOPS.map((stop) => program.indexOf(stop)).filter((at) => at >= 0)
  return program.slice(0, Math.min(program.length, ...ends)).trimEnd()
}
