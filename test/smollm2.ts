/** A real model for tests, where there is one: SmolLM2-135M-Instruct as GGUF (Q4_1, 98 MB). */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The file that GUERDON_SMOLLM2 names, or the one in the cache; undefined where it is absent. */
export function smollm2(): string | undefined {
  const usual = join(homedir(), '.cache', 'guerdon', 'models', 'SmolLM2-135M-Instruct.Q4_1.gguf')
  const path = process.env.GUERDON_SMOLLM2 ?? usual
  return existsSync(path) ? path : undefined
}
