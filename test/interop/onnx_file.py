"""Runs an .onnx file that Guerdon wrote in Python's ONNX Runtime.

    python test/interop/onnx_file.py program.onnx [--check] < inputs.json > outputs.json

Inputs and outputs are {name: {"dtype", "dims", "data"}}. --check has onnx.checker look at the file first, shape
inference included; it knows the standard operators only. test/graph/program.test.ts calls this where the
environment variable GUERDON_PYTHON (or python3) names a Python with onnx and onnxruntime.
Tried with onnx 1.23.2 and onnxruntime 1.32.0.
"""

import json
import sys

import numpy
import onnx
import onnxruntime

path, *flags = sys.argv[1:]
if "--check" in flags:
    onnx.checker.check_model(onnx.load(path), full_check=True)
given = json.load(sys.stdin)
feeds = {name: numpy.array(each["data"], each["dtype"]).reshape(each["dims"]) for name, each in given.items()}
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
names = [output.name for output in session.get_outputs()]
values = zip(names, session.run(names, feeds))
json.dump({name: {"dims": value.shape, "data": value.flatten().tolist()} for name, value in values}, sys.stdout)
