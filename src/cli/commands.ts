/** The commands there are. Each is defined in its own file, which is loaded only when that command is called. */
import type { Command } from 'commander'
import type { ExitCode } from './ending.ts'

/** Adds a command's arguments, options, help and action; `run` waits for its work and keeps its exit code. */
export type DefineCommand = (command: Command, run: (code: Promise<ExitCode>) => Promise<void>) => void

interface Listed {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<{ readonly define: DefineCommand }>
}

export const commands: readonly Listed[] = [
  { name: 'demo', summary: 'the main job in three minutes, on the embedded engine', load: () => import('./demo.ts') },
  { name: 'train', summary: 'train a policy on a reward', load: () => import('./train.ts') },
  { name: 'eval', summary: "measure how often a model's answers are right", load: () => import('./evaluate.ts') },
  { name: 'sample', summary: 'let a model answer', load: () => import('./sample.ts') },
  { name: 'export', summary: 'write a model as GGUF or a Hugging Face folder', load: () => import('./export.ts') },
  { name: 'score', summary: 'score a data file through a reward', load: () => import('./score.ts') },
  { name: 'audit', summary: 'find out whether a reward can be trusted', load: () => import('./audit.ts') },
  { name: 'validate', summary: 'hold a reward against the obvious', load: () => import('./validate.ts') },
  { name: 'replay', summary: "score a run's answers with another reward", load: () => import('./replay.ts') },
  { name: 'serve', summary: 'serve a reward over HTTP', load: () => import('./serve.ts') },
  { name: 'calibrate', summary: 'hold a rubric against human labels', load: () => import('./calibrate.ts') },
  { name: 'recipe', summary: "put a paper's claim to the test", load: () => import('./recipe.ts') },
]
