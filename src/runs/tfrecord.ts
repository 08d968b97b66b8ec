/**
 * TFRecord framing: how TensorBoard's event files hold messages one after another.
 *   record = length (u64) · mask(crc(length)) · payload · mask(crc(payload)), all little-endian
 *   crc    = CRC-32C (Castagnoli; RFC 3720 appendix B.4)
 *   mask   = (crc rotated right by 15) + 0xa282ead8 mod 2³²
 * Source: TensorFlow, core/lib/io/record_writer.h and core/lib/hash/crc32c.h.
 */

/** One framed record. */
export function tfrecord(payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(payload.length + 16)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(payload.length), true)
  view.setUint32(8, mask(crc32c(record.subarray(0, 8))), true)
  record.set(payload, 12)
  view.setUint32(12 + payload.length, mask(crc32c(payload)), true)
  return record
}

/** CRC-32C of some bytes: reflected polynomial 0x82f63b78, first and last inverted. */
export function crc32c(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8)
  return (crc ^ 0xffffffff) >>> 0
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
  return crc >>> 0
})

/** Keeps a checksum that is itself stored among checksummed bytes from looking like one. */
function mask(crc: number): number {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0
}
