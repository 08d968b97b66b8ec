"""Math-Verify's verdicts on pairs of texts, timed: the peer of bench/math.ts.

Answers one JSON line for each JSON line on standard input: {"cmd": "verify", "pairs": [[answer, reference], ...]} with
{"verdicts": [...], "seconds": ...}. Called as its README does: verify(gold, answer) after parse, default settings.
"""

import json
import logging
import sys
import time

from math_verify import parse, verify

logging.disable(logging.CRITICAL)

for line in sys.stdin:
    command = json.loads(line)
    if command["cmd"] == "quit":
        break
    start = time.perf_counter()
    verdicts = [bool(verify(parse(reference), parse(answer))) for answer, reference in command["pairs"]]
    print(json.dumps({"verdicts": verdicts, "seconds": time.perf_counter() - start}), flush=True)
