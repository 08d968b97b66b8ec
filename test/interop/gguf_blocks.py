"""Blocks of every type that Guerdon reads from GGUF, with the numbers the gguf package sees in them.

Writes, for test/data/gguf.test.ts:
  test/data/vectors/blocks.gguf           a tensor per type, 3 rows of 512, written by the gguf package
  test/data/vectors/blocks.safetensors    the same tensors dequantised by the gguf package (float32);
                                          'floats' and 'floats.Q8_0': numbers and their Q8_0 blocks

    python test/interop/gguf_blocks.py

Recorded with gguf 0.19.0, numpy 2.4, safetensors 0.8.0.
"""

from pathlib import Path

import numpy as np
from gguf import GGUFWriter, GGMLQuantizationType as Type
from gguf.constants import GGML_QUANT_SIZES
from gguf.quants import dequantize, quantize
from safetensors.numpy import save_file

VECTORS = Path(__file__).parent.parent / "data" / "vectors"
# Where a block has its 16-bit floats: random bits would give infinities there.
HALVES = {
    "Q8_0": [0], "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2],
    "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}
ROWS, COLUMNS = 3, 512

rng = np.random.default_rng(7)
writer = GGUFWriter(VECTORS / "blocks.gguf", "llama")
writer.add_uint32("test.u32", 7)
writer.add_int32("test.i32", -7)
writer.add_float32("test.f32", 0.25)
writer.add_float64("test.f64", -0.1)
writer.add_bool("test.bool", True)
writer.add_uint64("test.u64", 2**63)
writer.add_int64("test.i64", -(2**40))
writer.add_uint8("test.u8", 200)
writer.add_int8("test.i8", -100)
writer.add_uint16("test.u16", 60000)
writer.add_int16("test.i16", -30000)
writer.add_string("test.string", "naïve ✓")
writer.add_array("test.strings", ["a", "", "日本"])
writer.add_array("test.floats", [0.5, -1.5])
expected = {}


def add(name, raw, kind):
    writer.add_tensor(name, raw, raw_dtype=kind)
    expected[name] = np.ascontiguousarray(dequantize(raw, kind).astype(np.float32).reshape(ROWS, COLUMNS))


for name, places in HALVES.items():
    kind = Type[name]
    elements, size = GGML_QUANT_SIZES[kind]
    blocks = rng.integers(0, 256, (ROWS * COLUMNS // elements, size), dtype=np.uint8)
    for at in places:
        blocks[:, at : at + 2] = rng.normal(0, 0.1, (len(blocks), 1)).astype(np.float16).view(np.uint8)
    add(name, blocks.reshape(ROWS, -1), kind)
floats = rng.normal(0, 1, (ROWS, COLUMNS)).astype(np.float32)
floats[0, :32] = 0
floats[1, :8] = [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 127, 1e-9]  # scale 1: ties
add("F32", floats, Type.F32)
add("F16", floats.astype(np.float16), Type.F16)
add("BF16", quantize(floats, Type.BF16), Type.BF16)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
expected["floats"] = floats
expected["floats.Q8_0"] = quantize(floats, Type.Q8_0)
expected["floats.F16"] = floats.astype(np.float16).view(np.uint8).reshape(ROWS, -1)
save_file(expected, VECTORS / "blocks.safetensors")
