"""TensorBoard against our event files.

    python test/interop/tensorboard_peer.py record     writes the bytes that test/runs/tensorboard.test.ts compares with
    python test/interop/tensorboard_peer.py check DIR  reads a run folder's event file and holds it against its metrics.jsonl

Needs tensorboard (recorded with tensorboard 2.21.0).
"""

import json
import math
import struct
import sys
import tempfile
from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.summary.writer.record_writer import RecordWriter

VECTORS = Path(__file__).parent.parent / "runs" / "vectors" / "tensorboard.json"

# Times have halves and quarters, values are 32-bit floats or are rounded to them, tags are not ASCII alone.
EVENTS = [
    {"wallTime": 1790000000.25, "step": 0, "scalars": {"reward": 0.125}},
    {"wallTime": 1790000001.5, "step": 1, "scalars": {"reward": 0.1, "unscored/judge": 0.0, "time/seconds": 2.75}},
    {"wallTime": 1790000002.0, "step": 127, "scalars": {"kl": 1e-30, "größe": -3.5, "loss": 3.4028234663852886e38}},
    {"wallTime": 1790000003.0, "step": 128, "scalars": {}},
    {"wallTime": 1790000004.0, "step": 5_000_000_000, "scalars": {"reward": -1e-45}},
]


def event_of(wall_time, step, scalars):
    event = Event(wall_time=wall_time, step=step)
    event.summary.SetInParent()
    for tag, value in scalars.items():
        event.summary.value.add(tag=tag, simple_value=value)
    return event


def framed(*events):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records"
        with path.open("wb") as file:
            writer = RecordWriter(file)
            for event in events:
                writer.write(event.SerializeToString())
            writer.flush()
        return path.read_bytes().hex()


def record():
    header = framed(Event(wall_time=1790000000.25, file_version="brain.Event:2"))
    events = [{**e, "bytes": framed(event_of(e["wallTime"], e["step"], e["scalars"]))} for e in EVENTS]
    VECTORS.parent.mkdir(exist_ok=True)
    VECTORS.write_text(json.dumps({"header": {"wallTime": 1790000000.25, "bytes": header}, "events": events}, indent=1) + "\n")


def single(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def check(folder):
    expected = {}
    for line in (Path(folder) / "metrics.jsonl").read_text().splitlines():
        row = json.loads(line)
        step, time = row.pop("step"), row.pop("time")
        at = time.pop("at")
        for name, value in [*row.items(), *((f"time/{name}", value) for name, value in time.items())]:
            if value is not None:
                expected.setdefault(name, []).append((at, step, single(value)))
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    accumulator.Reload()
    found = {tag: [(e.wall_time, e.step, e.value) for e in accumulator.Scalars(tag)] for tag in accumulator.Tags()["scalars"]}
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    for tag, scalars in expected.items():
        assert found[tag] == scalars, tag
        assert all(math.isfinite(value) for _, _, value in scalars)
    print(f"TensorBoard reads the same {sum(map(len, found.values()))} scalars of {len(found)} names")


if sys.argv[1] == "record":
    record()
else:
    check(sys.argv[2])
