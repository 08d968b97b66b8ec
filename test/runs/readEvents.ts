import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BinaryReader } from '@bufbuild/protobuf/wire'
import { tfrecord } from '../../src/runs/tfrecord.ts'

export interface ReadEvent {
  wallTime: number
  step: number
  version: string
  scalars: Record<string, number>
}

/** The events of a run folder's one event file; throws unless every record is whole. */
export function readEvents(folder: string): ReadEvent[] {
  const [name, ...others] = readdirSync(folder).filter((file) => file.includes('tfevents'))
  if (others.length > 0) throw new Error(`${others.length + 1} event files`)
  const bytes = new Uint8Array(readFileSync(join(folder, name)))
  const events: ReadEvent[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = Number(new DataView(bytes.buffer).getBigUint64(at, true))
    const record = bytes.subarray(at, at + length + 16)
    const payload = record.subarray(12, 12 + length)
    // The checksums themselves are held to TensorBoard's own in tensorboard.test.ts.
    if (Buffer.compare(tfrecord(payload), record) !== 0) throw new Error(`the record at byte ${at} is not whole`)
    events.push(eventIn(payload))
    at += record.length
  }
  return events
}

function eventIn(payload: Uint8Array): ReadEvent {
  const event: ReadEvent = { wallTime: 0, step: 0, version: '', scalars: {} }
  const reader = new BinaryReader(payload)
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag()
    if (field === 1) event.wallTime = reader.double()
    else if (field === 2) event.step = Number(reader.int64())
    else if (field === 3) event.version = reader.string()
    else if (field === 5) readSummary(new BinaryReader(reader.bytes()), event.scalars)
    else reader.skip(type)
  }
  return event
}

function readSummary(reader: BinaryReader, scalars: Record<string, number>): void {
  while (reader.pos < reader.len) {
    reader.tag()
    const value = new BinaryReader(reader.bytes())
    value.tag()
    const name = value.string()
    value.tag()
    scalars[name] = value.float()
  }
}
