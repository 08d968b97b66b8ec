import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A file system of so many megabytes, gone when the test is over; undefined, and the test skipped, where none can be mounted. */
export function smallDisk(t: TestContext, megabytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'guerdon-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'ignore' })
  } catch {
    rmdirSync(folder)
    t.skip('a small tmpfs cannot be mounted here (needs Linux and root)')
    return undefined
  }
  t.after(() => {
    execFileSync('umount', [folder])
    rmdirSync(folder)
  })
  return folder
}

/** Gives a small disk another size; what is on it stays. */
export function resizeDisk(folder: string, megabytes: number): void {
  execFileSync('mount', ['-o', `remount,size=${megabytes}m`, folder])
}
