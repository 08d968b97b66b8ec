import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { writeFileAtomic, writeStreamAtomic } from '../../src/data/atomicFile.ts'
import { GuerdonError } from '../../src/data/error.ts'

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'guerdon-atomic-'))
})
after(() => rm(folder, { recursive: true }))

/** A fresh folder with one file `x` that holds `old`. */
async function withOldFile(name: string): Promise<string> {
  const place = join(folder, name)
  await mkdir(place)
  await writeFile(join(place, 'x'), 'old')
  return place
}

test('text and bytes arrive whole and leave nothing beside them', async () => {
  const place = await withOldFile('plain')
  await writeFileAtomic(join(place, 'x'), 'grüß')
  await writeFileAtomic(join(place, 'y'), new Uint8Array([0, 255, 10]))
  assert.equal(await readFile(join(place, 'x'), 'utf8'), 'grüß')
  assert.deepEqual([...(await readFile(join(place, 'y')))], [0, 255, 10])
  assert.deepEqual(await readdir(place), ['x', 'y'])
})

test('a stream is written piece by piece, in order', async () => {
  const place = await withOldFile('stream')
  await writeStreamAtomic(join(place, 'x'), async (write) => {
    for (let i = 0; i < 100; i++) await write(new Uint8Array(1000).fill(i))
    assert.equal(await readFile(join(place, 'x'), 'utf8'), 'old', 'not visible before it is whole')
  })
  const bytes = await readFile(join(place, 'x'))
  assert.equal(bytes.length, 100_000)
  assert.ok(bytes.every((byte, i) => byte === Math.floor(i / 1000)))
})

test('an error in mid-write comes out as it is, and the earlier file stays', async () => {
  const place = await withOldFile('throws')
  const error = new Error('the model went away')
  await assert.rejects(
    writeStreamAtomic(join(place, 'x'), async (write) => {
      await write(new Uint8Array(10))
      throw error
    }),
    (thrown) => thrown === error,
  )
  assert.equal(await readFile(join(place, 'x'), 'utf8'), 'old')
  assert.deepEqual(await readdir(place), ['x'])
})

test('a missing folder, a file as a folder and a folder as a file are named', async () => {
  const place = await withOldFile('wrong')
  await mkdir(join(place, 'taken'))
  const cases: [string, RegExp][] = [
    [join(place, 'absent', 'x'), /absent\/x: could not be written: the folder does not exist \(ENOENT\)/],
    [join(place, 'x', 'y'), /x\/y: could not be written: a part of the path is not a folder/],
    [join(place, 'taken'), /taken: could not be written: a folder of this name is there already/],
  ]
  for (const [path, message] of cases) {
    await assert.rejects(writeFileAtomic(path, 'new'), (thrown) => {
      assert.ok(thrown instanceof GuerdonError)
      assert.match(thrown.message, message)
      assert.equal(thrown.where, path)
      return true
    })
  }
  assert.deepEqual(await readdir(place), ['taken', 'x'])
})

test('a disk that takes only a part leaves the earlier file and no rest', {
  skip: process.platform === 'win32',
}, async () => {
  const place = await withOldFile('full')
  const script = `
    import { writeFileAtomic } from ${JSON.stringify(import.meta.resolve('../../src/data/atomicFile.ts'))}
    await writeFileAtomic(${JSON.stringify(join(place, 'x'))}, new Uint8Array(4e6)).catch((e) => console.log(e.name + ' ' + e.message))`
  // The shell's limit on file sizes makes write(2) fail after the first part, as a full disk does.
  const child = spawnSync(
    'sh',
    ['-c', 'ulimit -f 1024; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    {
      encoding: 'utf8',
    },
  )
  assert.match(
    child.stdout,
    /^GuerdonError .*x: could not be written: the file is larger than this system allows \(EFBIG\)/,
  )
  assert.equal(await readFile(join(place, 'x'), 'utf8'), 'old')
  assert.deepEqual(await readdir(place), ['x'])
})
