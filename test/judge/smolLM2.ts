/** Where the tests find a real GGUF model: GUERDON_SMOLLM2, or Guerdon's cache. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export const smolLM2 =
  process.env.GUERDON_SMOLLM2 ?? join(homedir(), '.cache/guerdon/models/SmolLM2-135M-Instruct.Q4_1.gguf')

/** For a test's `skip`: false where the model is there, else why the test is left out. */
export const skipWithoutSmolLM2 = existsSync(smolLM2)
  ? false
  : `no model at ${smolLM2}: put SmolLM2-135M-Instruct.Q4_1.gguf there or name it in GUERDON_SMOLLM2`
