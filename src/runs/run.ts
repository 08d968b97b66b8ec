/**
 * A run's folder: config.json, metrics.jsonl with a TensorBoard event file, rollouts.jsonl, checkpoints/, report.html.
 * A process may be killed at any moment: taken up again, the folder ends up as an unbroken run would have left it,
 * but for what depends on the clock (`time` in the metrics, the times in config.json).
 */
import { mkdir, readdir } from 'node:fs/promises'
import { diskError } from '../data/atomicFile.ts'
import { GuerdonError } from '../data/error.ts'
import type { Json } from '../data/message.ts'
import type { Group } from '../data/rollout.ts'
import { type Checkpoint, clearUnfinished, latestCheckpoint, type WriteFolder, writeCheckpoint } from './checkpoints.ts'
import { isLock, lockFolder } from './lock.ts'
import { type MetricsLog, type Numbers, openMetricsLog } from './metricsLog.ts'
import { type RunSummary, writeReport } from './report.ts'
import { openRolloutLog, rolloutLine } from './rolloutLog.ts'
import { guerdonVersion, readRunConfig, resumedConfig, type Settings, writeRunConfig } from './runConfig.ts'

export interface RunOptions {
  /** The resolved settings, kept in config.json; secrets are replaced by '[secret]'. */
  readonly config: Settings
  readonly seed: number | string
  /** Goes on from the latest checkpoint of a run that is there; without one, or without a run, begins at the start. */
  readonly resume?: boolean
  /** How many checkpoints stay. Default 2. */
  readonly keepCheckpoints?: number
  /** How many groups of each step go into rollouts.jsonl, the first ones. Default 4. */
  readonly groupsPerStep?: number
}

export interface Run {
  readonly folder: string
  /** The checkpoint to go on from; undefined when the run begins at the start. */
  readonly resumed: Checkpoint | undefined
  /**
   * Adds a line to the metrics. `time` takes all that depends on the clock: seconds, tokensPerSecond. Steps never go
   * back, and none is added to once it is in a checkpoint: save a step's checkpoint last.
   */
  log(step: number, metrics: Numbers, time?: Numbers): Promise<void>
  /**
   * Keeps what the policy said. `advantages[g][i]` are those of rollout i of group g, one per completion token;
   * `tokenText` is the text of one token id, special tokens included.
   */
  rollouts(
    step: number,
    groups: readonly Group[],
    advantages: readonly (readonly Float32Array[])[],
    tokenText: (id: number) => string,
  ): Promise<void>
  /** Saves everything up to this step: `write` fills the folder it is given, `state` is handed back on resuming. */
  checkpoint(step: number, state: Json, write: WriteFolder): Promise<void>
  latestCheckpoint(): Promise<Checkpoint | undefined>
  /** Writes report.html and returns its path. */
  report(summary?: RunSummary): Promise<string>
  /** Closes the files and gives the folder back. */
  close(): Promise<void>
}

/**
 * Opens a folder for a run, creating it where needed; its last name is the run's name. Throws a GuerdonError when
 * another run holds the folder, when a run is there already and `resume` is not set, or when what is there is no run.
 */
export async function openRun(folder: string, options: RunOptions): Promise<Run> {
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw diskError(folder, cause)
  })
  const unlock = await lockFolder(folder)
  try {
    const found = await readdir(folder)
    const begun = found.some((name) => !isLock(name) && !name.startsWith('.'))
    if (begun && options.resume !== true) throw occupiedError(folder)
    const resumed = begun ? await takeUp(folder, options) : await begin(folder, options)
    const last = resumed?.step ?? -1
    const metrics = await openMetricsLog(folder, last, () => Date.now() / 1000)
    const rollouts = await openRolloutLog(folder, last).catch(async (cause) => {
      await metrics.close()
      throw cause
    })
    return runIn(folder, options, resumed, metrics, rollouts, unlock)
  } catch (thrown) {
    await unlock()
    throw thrown
  }
}

async function begin(folder: string, { config, seed }: RunOptions): Promise<undefined> {
  const started = new Date().toISOString()
  const guerdon = await guerdonVersion()
  await writeRunConfig(folder, { guerdon, node: process.version, seed, started, resumed: [], config })
}

async function takeUp(folder: string, { config, seed }: RunOptions): Promise<Checkpoint | undefined> {
  const before = await readRunConfig(folder)
  if (before.seed !== seed) {
    throw new GuerdonError(`the run was started with seed ${before.seed}, not ${seed}`, {
      where: folder,
      fix: `resume it with seed ${before.seed}, or start another run in a folder of its own`,
    })
  }
  await clearUnfinished(folder)
  const checkpoint = await latestCheckpoint(folder)
  const at = new Date().toISOString()
  await writeRunConfig(folder, resumedConfig(before, config, checkpoint?.step ?? 0, at))
  return checkpoint
}

function runIn(
  folder: string,
  { keepCheckpoints = 2, groupsPerStep = 4 }: RunOptions,
  resumed: Checkpoint | undefined,
  metrics: MetricsLog,
  rollouts: Awaited<ReturnType<typeof openRolloutLog>>,
  unlock: () => Promise<void>,
): Run {
  let last = resumed?.step ?? -1
  let sealed = last
  const enter = (step: number) => {
    if (!Number.isInteger(step) || step < Math.max(last, sealed + 1)) {
      throw new RangeError(`step ${step} cannot follow step ${last} (last checkpoint: ${sealed < 0 ? 'none' : sealed})`)
    }
    last = step
  }
  return {
    folder,
    resumed,
    async log(step, numbers, time = {}) {
      enter(step)
      await metrics.append(step, numbers, time)
    },
    async rollouts(step, groups, advantages, tokenText) {
      enter(step)
      const kept = groups.slice(0, groupsPerStep)
      const lines = kept.map((group, g) => rolloutLine(step, g, group, advantages[g], tokenText))
      await Promise.all(lines.map((line) => rollouts.append(line)))
    },
    async checkpoint(step, state, write) {
      enter(step)
      sealed = step
      // What the checkpoint says is behind it must be on the disk before the checkpoint is.
      await metrics.flush()
      await rollouts.flush()
      await writeCheckpoint(folder, step, state, write, keepCheckpoints)
    },
    latestCheckpoint: () => latestCheckpoint(folder),
    report: (summary) => writeReport(folder, summary),
    async close() {
      try {
        await metrics.close()
        await rollouts.close()
      } finally {
        await unlock()
      }
    },
  }
}

function occupiedError(folder: string): GuerdonError {
  return new GuerdonError('the folder is not empty: there is a run in it already', {
    where: folder,
    fix: 'resume that run (resume: true; on the command line --resume), or choose another folder',
  })
}
