import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { GuerdonError } from '../../src/data/error.ts'
import { isLock, lockFolder } from '../../src/runs/lock.ts'
import { tempFolder } from './tempFolder.ts'

const module = new URL('../../src/runs/lock.ts', import.meta.url).href

/** A process that takes the lock, says so, and keeps it. */
async function holder(folder: string): Promise<ChildProcess> {
  const code = `import { lockFolder } from '${module}'
    await lockFolder(${JSON.stringify(folder)})
    console.log('held')
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  return child
}

test('a folder is held by one at a time and can be taken again once given back', async (t) => {
  const folder = tempFolder(t)
  const unlock = await lockFolder(folder)
  await assert.rejects(lockFolder(folder), (error) => {
    assert.ok(error instanceof GuerdonError)
    assert.match(error.message, /this process has it open already/)
    return true
  })
  await unlock()
  assert.deepEqual(readdirSync(folder), [])
  await (await lockFolder(folder))()
})

test('another process is named while it lives; killed with SIGKILL it blocks nobody', async (t) => {
  const folder = tempFolder(t)
  const child = await holder(folder)
  await assert.rejects(lockFolder(folder), new RegExp(`process ${child.pid} on ${hostname()} holds it`))
  assert.equal(readdirSync(folder).filter(isLock).length, 1, 'the refused claim is taken back')
  child.kill('SIGKILL')
  await once(child, 'exit')
  const unlock = await lockFolder(folder)
  assert.deepEqual(readdirSync(folder).length, 1, "the dead process's file is gone")
  await unlock()
})

test("a living process with a dead one's number is not taken for it", {
  skip: process.platform !== 'linux' && 'start times need /proc',
}, async (t) => {
  const folder = tempFolder(t)
  const child = await holder(folder)
  t.after(() => child.kill('SIGKILL'))
  const [name] = readdirSync(folder)
  // The same process number with another start time: whoever wrote this is gone.
  const other = tempFolder(t)
  writeFileSync(join(other, name.replace(/^(lock\.\d+)\.\d+/, '$1.1')), '')
  await (await lockFolder(other))()
  assert.deepEqual(readdirSync(other), [])
})

test('a lock from another machine is respected, and the error says which file to delete', async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, 'lock.4242.77.elsewhere.example'), '')
  await assert.rejects(lockFolder(folder), (error) => {
    assert.ok(error instanceof GuerdonError)
    assert.match(error.message, /process 4242 on elsewhere\.example/)
    assert.match(error.message, /delete .*lock\.4242/)
    return true
  })
  assert.deepEqual(readdirSync(folder), ['lock.4242.77.elsewhere.example'])
})

test('of many that claim at once, never do two hold the folder', async (t) => {
  const folder = tempFolder(t)
  const code = `import { lockFolder } from '${module}'
    process.stdin.once('data', async () => {
      const held = await lockFolder(${JSON.stringify(folder)}).then(() => 'held', () => 'refused')
      console.log(held)
    })
    console.log('ready')
    setInterval(() => {}, 1000)`
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--input-type=module-typescript', '-e', code], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  t.after(() => {
    for (const child of children) child.kill('SIGKILL')
  })
  await Promise.all(children.map((child) => once(child.stdout, 'data')))
  const answers = children.map((child) => once(child.stdout, 'data'))
  for (const child of children) child.stdin.write('go\n')
  const held = (await Promise.all(answers)).filter(([answer]) => String(answer).includes('held'))
  assert.ok(held.length <= 1, `${held.length} processes hold one folder`)
  assert.equal(readdirSync(folder).filter(isLock).length, held.length)
})
