/**
 * TensorBoard event messages: scalars in the protobuf messages that TensorBoard reads, framed as TFRecords.
 *   Event   { 1 wall_time: double, 2 step: int64, 3 file_version: string | 5 summary: Summary }
 *   Summary { 1 value: repeated Value }, Value { 1 tag: string, 2 simple_value: float }
 * Source: TensorFlow, core/util/event.proto and core/framework/summary.proto.
 */
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { tfrecord } from './tfrecord.ts'

/** The record every event file starts with. `wallTime` in seconds since 1970. */
export function eventFileHeader(wallTime: number): Uint8Array {
  const event = eventAt(wallTime)
  event.tag(3, WireType.LengthDelimited).string('brain.Event:2')
  return tfrecord(event.finish())
}

/** One step's scalars as one record. A value that is not finite is left out; values are stored as 32-bit floats. */
export function scalarEvent(wallTime: number, step: number, scalars: Readonly<Record<string, number>>): Uint8Array {
  const event = eventAt(wallTime)
  // Protobuf leaves out a number that is zero.
  if (step !== 0) event.tag(2, WireType.Varint).int64(step)
  event.tag(5, WireType.LengthDelimited).fork()
  for (const [tag, value] of Object.entries(scalars)) {
    const single = Math.fround(value)
    if (!Number.isFinite(single)) continue
    event.tag(1, WireType.LengthDelimited).fork()
    event.tag(1, WireType.LengthDelimited).string(tag)
    event.tag(2, WireType.Bit32).float(single)
    event.join()
  }
  event.join()
  return tfrecord(event.finish())
}

function eventAt(wallTime: number): BinaryWriter {
  return new BinaryWriter().tag(1, WireType.Bit64).double(wallTime)
}
