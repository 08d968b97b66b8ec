/** What a search spends, in tokens: the unit in which it is compared with other uses of the same compute. */
export interface SearchCost {
  /** Tokens drawn one by one. */
  readonly sampled: number
  /** Tokens read by forward passes, prompts included each time they are read. */
  readonly read: number
}
