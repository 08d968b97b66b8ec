"""Forward values of every operation of the tensor language, as PyTorch computes them.

Inputs are float32; PyTorch computes in float64 and the result is rounded to float32. Writes
test/graph/vectors/values.json, which test/graph/values.test.ts reads.

    python test/interop/graph_values.py
"""
import json
import math
from pathlib import Path

import torch
import torch.nn.functional as F

generator = torch.Generator().manual_seed(20)
cases = []


def normal(*shape, scale=1.0):
    return (torch.randn(shape, generator=generator, dtype=torch.float64) * scale).float()


def whole(below, *shape):
    return torch.randint(0, below, shape, generator=generator)


def array(tensor):
    tensor = torch.as_tensor(tensor).detach()
    if tensor.dtype == torch.float64:
        tensor = tensor.float()
    kind = {torch.float32: "float32", torch.int64: "int64", torch.bool: "bool"}[tensor.dtype]
    return {"dtype": kind, "dims": list(tensor.shape), "data": [number(v) for v in tensor.flatten().tolist()]}


def number(value):
    """JSON has no infinities; nine digits hold any float32."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int):
        return value
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(f"{value:.9g}")


def case(name, compute, *inputs):
    wide = [each.double() if each.dtype == torch.float32 else each for each in inputs]
    outputs = compute(*wide)
    outputs = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    cases.append({"name": name, "inputs": [array(each) for each in inputs], "outputs": [array(each) for each in outputs]})


awkward = torch.tensor(
    [-math.inf, -1e4, -50, -8, -3, -1, -0.5, -1e-4, -0.0, 0, 1e-4, 0.5, 1, 3, 8, 50, 1e4, math.inf, math.nan]
)
finite = awkward[1:-2]
tied = torch.tensor([[1.0, 3, 3, 2], [-1, -1, -1, -1], [0, -0.0, 5, 5]])

# Arithmetic and broadcasting
for name, compute in [("add", torch.add), ("sub", torch.sub), ("mul", torch.mul), ("div", torch.div),
                      ("minimum", torch.minimum), ("maximum", torch.maximum)]:
    case(name, compute, normal(2, 3), normal(2, 3))
    case(f"{name}: row", compute, normal(2, 3), normal(3))
    case(f"{name}: outer", compute, normal(2, 1, 3), normal(4, 1))
    case(f"{name}: scalar first", compute, normal(), normal(2, 2))
    case(f"{name}: awkward", compute, awkward, awkward.flip(0))
case("add a number", lambda a: a + 2.5, normal(3))
case("number minus", lambda a: 2.5 - a, normal(3))
case("number over", lambda a: 2.5 / a, normal(3))
case("neg", torch.neg, awkward)
case("square", torch.square, finite)
case("addInts", torch.add, torch.tensor([[1, -(2**40)], [3, 4]]), torch.tensor([2**40, 5]))

# Comparisons and choice
for name, compute in [("less", torch.lt), ("lessEqual", torch.le), ("greater", torch.gt),
                      ("greaterEqual", torch.ge), ("equal", torch.eq)]:
    case(name, compute, torch.tensor([1.0, 2, 3, math.nan, math.inf, -0.0]), torch.tensor([2.0, 2, 2, math.nan, math.inf, 0.0]))
    case(f"{name}: outer", compute, whole(4, 3, 1), whole(4, 4))
    case(f"{name}: integers with a number", lambda a, f=compute: f(a, 2**40 + 1), torch.tensor([2**40, 2**40 + 1, 2**40 + 2]))
truths = [torch.tensor([[True], [False]]), torch.tensor([True, False])]
case("equal: booleans", torch.eq, *truths)
case("and", torch.logical_and, *truths)
case("or", torch.logical_or, *truths)
case("not", torch.logical_not, truths[0])
case("where", torch.where, torch.tensor([[True], [False]]), normal(3), normal(2, 3))
case("where: the other side is not a number", lambda c, a, b: torch.where(c, a, b), torch.tensor([True, False, True]),
     torch.tensor([1.0, math.nan, -0.0]), torch.tensor([math.inf, 2, math.nan]))

# Elementwise functions
for name, compute in [("exp", torch.exp), ("tanh", torch.tanh), ("sigmoid", torch.sigmoid), ("relu", torch.relu),
                      ("abs", torch.abs), ("erf", torch.erf)]:
    case(name, compute, normal(3, 4, scale=2))
    case(f"{name}: awkward", compute, awkward)
case("sign", torch.sign, awkward[:-1])  # of NaN: PyTorch says 0, ONNX Runtime NaN
for name, compute in [("silu", F.silu), ("gelu", F.gelu)]:
    case(name, compute, normal(3, 4, scale=2))
    case(f"{name}: awkward", compute, finite)
for name, compute in [("sin", torch.sin), ("cos", torch.cos)]:
    case(name, compute, normal(3, 4, scale=2))
    case(f"{name}: awkward", compute, finite)
for name, compute in [("log", torch.log), ("sqrt", torch.sqrt)]:
    case(name, compute, normal(3, 4).exp())
    case(f"{name}: awkward", compute, torch.tensor([-1.0, 0, 1e-30, 1e-4, 1, 1e30, math.inf, math.nan]))

# Softmax
for name, compute in [("softmax", torch.softmax), ("logSoftmax", torch.log_softmax)]:
    case(name, lambda x, f=compute: f(x, -1), normal(2, 5, scale=3))
    case(f"{name}: middle axis", lambda x, f=compute: f(x, 1), normal(2, 3, 2))
    case(f"{name}: awkward", lambda x, f=compute: f(x, -1),
         torch.tensor([[1e4, -1e4, 0], [-math.inf, 1, 2], [-1e9, -1e9, -1e9], [88, 89, 90]]))

# Reductions
for name, compute in [("sum", torch.sum), ("mean", torch.mean), ("max", torch.amax)]:
    case(name, lambda x, f=compute: f(x, dim=(0, 1, 2)), normal(2, 3, 4))
    case(f"{name}: last axis", lambda x, f=compute: f(x, dim=-1), normal(2, 3))
    case(f"{name}: outer axes kept", lambda x, f=compute: f(x, dim=(0, 2), keepdim=True), normal(2, 3, 4))
    case(f"{name}: of a scalar", lambda x: x, normal())
    case(f"{name}: awkward", lambda x, f=compute: f(x, dim=-1), torch.tensor([[1e4, 1e-4, 1e4], [math.inf, 1, 2], [-math.inf, -1e30, 1]]))
for name, compute in [("sum", torch.sum), ("mean", torch.mean)]:
    case(f"{name}: not a number", lambda x, f=compute: f(x, dim=0), torch.tensor([[0, math.nan], [math.inf, 1], [-math.inf, 2]]))
case("max: ties", lambda x: torch.amax(x, dim=1), tied)
case("cumulativeSum", lambda x: torch.cumsum(x, 1), normal(2, 4))
case("cumulativeSum: first axis", lambda x: torch.cumsum(x, 0), normal(3, 2))
case("cumulativeSum: reverse", lambda x: x.flip(1).cumsum(1).flip(1), normal(2, 4, 2))
case("expand", lambda x: x.expand(2, 3, 4), normal(3, 1))
case("topK", lambda x: tuple(torch.topk(x, 2, dim=-1)), normal(2, 3, 5))
case("sumTo", lambda x: x.sum(0).sum(1, keepdim=True), normal(2, 3, 4))

# Matrix products
case("matmul", torch.matmul, normal(3, 4), normal(4, 2))
case("matmul: a stack by a matrix", torch.matmul, normal(2, 3, 4), normal(4, 2))
case("matmul: batched", torch.matmul, normal(2, 2, 3, 4), normal(2, 2, 4, 2))
case("matmul: leading axes broadcast", torch.matmul, normal(2, 1, 3, 4), normal(3, 4, 2))
case("matmul: a stack by a stack of one", torch.matmul, normal(2, 3, 4), normal(1, 4, 2))
case("matmul: transposeA", lambda a, b: torch.matmul(a.mT, b), normal(2, 4, 3), normal(2, 4, 2))
case("matmul: transposeA of a stack, one matrix", lambda a, b: torch.matmul(a.mT, b), normal(2, 4, 3), normal(4, 2))
case("matmul: transposeB", lambda a, b: torch.matmul(a, b.mT), normal(2, 3, 4), normal(5, 4))
case("matmul: transposeB, leading axes broadcast", lambda a, b: torch.matmul(a, b.mT), normal(2, 1, 3, 4), normal(2, 5, 4))
case("matmul: both transposed, scaled", lambda a, b: -0.5 * torch.matmul(a.mT, b.mT), normal(2, 4, 3), normal(2, 2, 4))


def grouped(q, k):
    """q: [batch, heads, length, size]; k: [batch, shared, length, size]; each key head serves neighbouring query heads."""
    return torch.matmul(q, k.repeat_interleave(q.shape[1] // k.shape[1], dim=1).mT) / math.sqrt(q.shape[-1])


case("matmul: grouped queries", grouped, normal(2, 4, 3, 2), normal(2, 2, 3, 2))

# Normalisation
case("rmsNorm", lambda x, w: F.rms_norm(x, (5,), w, 1e-5), normal(2, 3, 5), normal(5))
case("rmsNorm: epsilon", lambda x, w: F.rms_norm(x, (4,), w, 1e-2), normal(2, 4, scale=0.1), normal(4))
case("rmsNorm: awkward", lambda x, w: F.rms_norm(x, (3,), w, 1e-5), torch.tensor([[0.0, 0, 0], [1e4, -1e4, 1e-4], [1e-6, 0, 0]]), normal(3))
case("layerNorm", lambda x, w, b: F.layer_norm(x, (5,), w, b, 1e-5), normal(2, 3, 5), normal(5), normal(5))
case("layerNorm: epsilon", lambda x, w, b: F.layer_norm(x, (4,), w, b, 1e-2), normal(2, 4, scale=0.1), normal(4), normal(4))
case("layerNorm: awkward", lambda x, w, b: F.layer_norm(x, (3,), w, b, 1e-5), torch.tensor([[2.0, 2, 2], [1e4, -1e4, 1e-4]]), normal(3), normal(3))


def rotary(x, positions, cosines, sines):
    """The rotate_half form of the published LLaMA code: both halves of a head share the table's angles."""
    cos = torch.cat([cosines, cosines], -1)[positions].unsqueeze(1)
    sin = torch.cat([sines, sines], -1)[positions].unsqueeze(1)
    half = x.shape[-1] // 2
    turned = torch.cat([-x[..., half:], x[..., :half]], -1)
    return x * cos + turned * sin


angles = torch.arange(8).unsqueeze(1) * 10000.0 ** (-torch.arange(3) / 3)
case("rotary", rotary, normal(2, 2, 3, 6), torch.tensor([[0, 1, 2], [7, 0, 3]]), angles.cos(), angles.sin())

# Layout
case("reshape", lambda x: x.reshape(4, 3), normal(2, 6))
case("reshape: one axis inferred", lambda x: x.reshape(3, -1), normal(2, 6))
case("reshape: integers", lambda x: x.reshape(2, 1, 2), whole(9, 4))
case("transpose", lambda x: x.permute(2, 0, 1), normal(2, 3, 4))
case("transpose: integers", lambda x: x.permute(1, 0), whole(9, 2, 3))
case("unsqueeze", lambda x: x.unsqueeze(1), normal(2, 3))
case("unsqueeze: last", lambda x: x.unsqueeze(-1), normal(2, 3))
case("slice", lambda x: x[:, 1:3], normal(2, 5))
case("slice: to the end", lambda x: x[:, 2:], normal(2, 5))
case("slice: counted from the end", lambda x: x[-3:-1], normal(5, 2))
case("slice: nothing", lambda x: x[2:2], normal(5, 2))
case("concat", lambda a, b, c: torch.cat([a, b, c], 1), normal(2, 1), normal(2, 3), normal(2, 2))
case("concat: integers", lambda a, b: torch.cat([a, b], 0), whole(9, 2), whole(9, 3))
case("split", lambda x: x.split([1, 3, 2], 1), normal(2, 6))

# Indices
case("gather", lambda x, at: x[at], normal(4, 3), torch.tensor([[3, 0], [-1, 3]]))
case("gather: columns", lambda x, at: x[:, at], normal(2, 4, 2), torch.tensor([3, 3, -4]))
case("gather: one place", lambda x, at: x[at], normal(4, 3), torch.tensor(2))
case("gatherAlong", lambda x, at: torch.gather(x, -1, at), normal(2, 4), torch.tensor([[3, 0, 0], [1, 2, 1]]))
case("gatherAlong: first axis", lambda x, at: torch.gather(x, 0, at), normal(4, 2), torch.tensor([[3, 0], [1, 1]]))
case("scatterAdd", lambda x, at, u: torch.scatter_add(x, -1, at, u), normal(2, 4), torch.tensor([[3, 0, 3], [1, 1, 1]]), normal(2, 3))
case("scatterAdd: first axis", lambda x, at, u: torch.scatter_add(x, 0, at, u), normal(3, 2), torch.tensor([[2, 0], [2, 1], [2, 0], [0, 0]]), normal(4, 2))
case("oneHot", lambda at: F.one_hot(at, 4).double(), torch.tensor([[3, 0], [1, 3]]))

# Convolution
case("conv2d", lambda x, k: F.conv2d(x, k), normal(2, 2, 4, 5), normal(3, 2, 2, 3))
case("conv2d: padding", lambda x, k: F.conv2d(x, k, padding=1), normal(1, 2, 3, 3), normal(2, 2, 3, 3))
case("conv2d: stride and padding", lambda x, k: F.conv2d(x, k, stride=2, padding=1), normal(2, 1, 6, 5), normal(2, 1, 3, 3))
case("conv2d: stride leaves places over", lambda x, k: F.conv2d(x, k, stride=3), normal(1, 1, 6, 7), normal(1, 1, 2, 2))
case("convTranspose2d", lambda x, k: F.conv_transpose2d(x, k), normal(2, 2, 3, 2), normal(2, 3, 2, 3))
case("convTranspose2d: stride and padding", lambda x, k: F.conv_transpose2d(x, k, stride=2, padding=1), normal(1, 2, 3, 4), normal(2, 1, 4, 3))

# Constants and casts
case("scalar", lambda: torch.tensor(2.5))
case("constant", lambda: torch.tensor([[1.5, -2], [1e-4, 3]]))
case("intConstant", lambda: torch.tensor([[2**40, -1]]))
case("filled", lambda: torch.full((2, 3), 0.5))
case("constantLike", lambda x: torch.full_like(x, -1), normal(2, 2))
case("iota", lambda: torch.arange(5))
case("sizeOf", lambda: torch.tensor(7.0))
case("broadcastInts", lambda x: x.expand(3, 2, 4), whole(9, 2, 1))
case("cast: to whole numbers", lambda x: x.long(), torch.tensor([1.9, -1.9, 0.5, -0.5, 7]))
case("cast: to booleans", lambda x: x.bool(), torch.tensor([0.0, -0.0, 0.5, -1]))
case("toFloat: booleans", lambda x: x.double(), torch.tensor([True, False]))
case("toFloat: whole numbers", lambda x: x.double(), torch.tensor([3, -(2**30)]))
case("stopGradient", lambda x: x, awkward)

path = Path(__file__).parent.parent / "graph" / "vectors" / "values.json"
head = json.dumps({"torch": torch.__version__.split("+")[0]})[1:-1]
lines = ",\n".join("  " + json.dumps(each, separators=(",", ":")) for each in cases)
path.write_text(f'{{\n{head},\n"cases": [\n{lines}\n]\n}}\n')
print(f"{len(cases)} cases, {path.stat().st_size} bytes")
