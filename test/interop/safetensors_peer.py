"""The Python safetensors library against ours.

    python test/interop/safetensors_peer.py record    writes the vectors that test/data/safetensors.test.ts reads
    python test/interop/safetensors_peer.py read F    prints the tensors of a file that Guerdon wrote, as JSON

Needs torch and safetensors (recorded with safetensors 0.8.0, torch 2.15.0).
"""

import json
import sys
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

VECTORS = Path(__file__).parent.parent / "data" / "vectors"

halves = [0.0, -0.0, 1.0, -2.5, 65504.0, 6.1e-5, 6e-8, 0.333, float("inf"), -float("inf")]
EVERY_TYPE = {
    "embed.weight": torch.linspace(-1, 1, 12).reshape(3, 4),
    "half": torch.tensor(halves, dtype=torch.float16).reshape(2, 5),
    "bfloat": torch.tensor([*halves, 3.1415926, 1e38], dtype=torch.bfloat16),
    "long": torch.tensor([-(2**62) - 1, 0, 2**53 + 1], dtype=torch.int64),
    "int": torch.tensor([[-(2**31)], [2**31 - 1]], dtype=torch.int32),
    "byte": torch.tensor([0, 127, 255], dtype=torch.uint8),
    "flag": torch.tensor([True, False, True]),
    "double": torch.tensor([0.1], dtype=torch.float64),
    "scalar": torch.tensor(1.5),
    "empty": torch.zeros(0, 3),
}
# The tensors that the writing test saves: its file must equal ours byte for byte.
WRITTEN = {
    "b": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
    "a": torch.tensor([-1.5]),
    "10": torch.tensor([0.25]),
    "é\"\\\n": torch.tensor([2.0]),
    "step": torch.tensor(12345678901234567, dtype=torch.int64),
    "ids": torch.tensor([1, -2, 3], dtype=torch.int32),
    "bytes": torch.tensor([7, 8, 9], dtype=torch.uint8),
    "none": torch.zeros(0),
}


def plain(tensor):
    """Numbers as JSON can hold them: long integers and infinities as text."""
    if tensor.dtype == torch.int64:
        return [str(x) for x in tensor.flatten().tolist()]
    if tensor.dtype == torch.bool:
        return [int(x) for x in tensor.flatten().tolist()]
    return [x if abs(x) != float("inf") else str(x) for x in tensor.flatten().to(torch.float64).tolist()]


def describe(path):
    with safe_open(path, framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}
        return {
            "metadata": file.metadata(),
            "tensors": {
                name: {"dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "values": plain(t)}
                for name, t in tensors.items()
            },
        }


if sys.argv[1] == "record":
    VECTORS.mkdir(exist_ok=True)
    save_file(EVERY_TYPE, VECTORS / "every-type.safetensors", metadata={"format": "pt", "note": "grüße"})
    save_file(WRITTEN, VECTORS / "written.safetensors", metadata={"format": "pt"})
    text = json.dumps(describe(VECTORS / "every-type.safetensors"), indent=1, ensure_ascii=False)
    (VECTORS / "every-type.json").write_text(text + "\n")
else:
    print(json.dumps(describe(sys.argv[2])))
