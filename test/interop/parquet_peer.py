"""Writes the Parquet files that test/data/parquet.test.ts reads, and what pyarrow says is in them.

    python test/interop/parquet_peer.py

Needs pyarrow (recorded with pyarrow 26.0.1).
"""

import datetime
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

VECTORS = Path(__file__).parent.parent / "data" / "vectors"

# What JSON lacks is written here as the reader is to give it: long integers as text, times in ISO 8601, NaN as null.
ROWS = [
    {
        "question": f"What is {i} + {i}? é😀",
        "answer": None if i == 3 else str(2 * i),
        "count": i,
        "big": 2**53 + i,
        "score": float("nan") if i == 2 else i / 4,
        "flag": i % 2 == 0,
        "tags": [f"t{j}" for j in range(i % 3)],
        "chat": [{"role": "user", "content": f"q{i}"}, {"role": "assistant", "content": None}],
        "extra": {"level": i, "source": {"name": "made", "line": i}},
        "when": datetime.datetime(2024, 2, 29, 12, 30, i, 250_000, tzinfo=datetime.timezone.utc),
        "day": datetime.date(1969, 12, 31),
        "bytes": b"\xff\xfe\x00" if i == 1 else b"plain",
        "vector": [0.5, i, -1.25],
    }
    for i in range(7)
]
SCHEMA = pa.schema(
    {
        "question": pa.string(),
        "answer": pa.string(),
        "count": pa.int32(),
        "big": pa.int64(),
        "score": pa.float64(),
        "flag": pa.bool_(),
        "tags": pa.list_(pa.string()),
        "chat": pa.list_(pa.struct({"role": pa.string(), "content": pa.string()})),
        "extra": pa.struct({"level": pa.int64(), "source": pa.struct({"name": pa.string(), "line": pa.uint8()})}),
        "when": pa.timestamp("us", tz="UTC"),
        "day": pa.date32(),
        "bytes": pa.binary(),
        "vector": pa.list_(pa.float32()),
    }
)


def plain(row):
    return row | {
        "big": str(row["big"]) if row["big"] > 2**53 - 1 else row["big"],
        "score": None if row["score"] != row["score"] else row["score"],
        "when": row["when"].strftime("%Y-%m-%dT%H:%M:%S.") + "250Z",
        "day": row["day"].isoformat() + "T00:00:00.000Z",
        "bytes": "//4A" if row["bytes"][0] == 255 else row["bytes"].decode(),
    }


table = pa.Table.from_pylist(ROWS, schema=SCHEMA)
for codec in ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]:
    version = "2.0" if codec == "zstd" else "1.0"
    pq.write_table(table, VECTORS / f"{codec}.parquet", compression=codec, row_group_size=3, data_page_version=version)
rows = [plain(row) for row in table.to_pylist()]
(VECTORS / "parquet.json").write_text(json.dumps(rows, ensure_ascii=False) + "\n")
