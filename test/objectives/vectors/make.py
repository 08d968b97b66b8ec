"""Writes losses.json: every objective on padded, masked tensors with autograd (PyTorch, float64).

Run: python test/objectives/vectors/make.py
The layout (padding and masks) and the gradients (autograd) are the other way round from the code under test.
Inputs are multiples of 1/1024, so that they are the same number in 32 bits.
"""

import json
import pathlib

import torch

torch.manual_seed(7)
LENGTHS = [5, 1, 3, 4]
B, T = len(LENGTHS), max(LENGTHS)
MASK = torch.tensor([[t < n for t in range(T)] for n in LENGTHS], dtype=torch.float64)


def grid(tensor):
    return (tensor * 1024).round() / 1024


def draw(mean, scale):
    return grid(mean + scale * torch.randn(B, T, dtype=torch.float64))


old = draw(-1.5, 0.5)
logp = grid(old + 0.4 * torch.randn(B, T, dtype=torch.float64))
logp[0, 0] = old[0, 0] + 2.5  # far past every bound
ref = grid(old + 0.5 * torch.randn(B, T, dtype=torch.float64))
adv = draw(0.0, 1.0)
adv[0, 0] = -1.25  # where the dual clip acts


def aggregate(loss, mode):
    loss = loss * MASK
    if mode == "token-mean":
        return loss.sum() / MASK.sum()
    if mode == "sequence-mean":
        return (loss.sum(-1) / MASK.sum(-1)).mean()
    return (loss.sum(-1) / mode["fixedLength"]).mean()


def kl(estimator, x):
    d = x - ref
    return {"k1": d, "k2": d * d / 2, "k3": torch.exp(-d) - 1 + d}[estimator]


def clipped(x, low=0.2, high=0.2, aggregate_="token-mean", level="token", dualClip=None, kl_=None):
    log_ratio = (x - old) * MASK
    if level == "sequence":
        log_ratio = (log_ratio.sum(-1) / MASK.sum(-1)).unsqueeze(-1).expand(B, T)
    ratio = torch.exp(log_ratio)
    losses = torch.maximum(-ratio * adv, -torch.clamp(ratio, 1 - low, 1 + high) * adv)
    if dualClip is not None:
        losses = torch.where(adv < 0, torch.minimum(losses, -dualClip * adv), losses)
    loss = aggregate(losses, aggregate_)
    if kl_ is not None:
        loss = loss + kl_["coefficient"] * aggregate(kl(kl_["estimator"], x), aggregate_)
    return loss


def cispo(x, low=1, high=4, aggregate_="token-mean"):
    weight = torch.clamp(torch.exp(x - old), 1 - low, 1 + high).detach()
    return aggregate(-weight * adv * x, aggregate_)


def rows(tensor):
    return [tensor[i, :n].tolist() for i, n in enumerate(LENGTHS)]


def case(function, options):
    x = logp.clone().requires_grad_()
    loss = function(x, **{{"aggregate": "aggregate_", "kl": "kl_"}.get(k, k): v for k, v in options.items()})
    loss.backward()
    return {"options": options, "loss": loss.item(), "gradients": rows(x.grad * MASK)}


CLIPPED = [
    {},
    {"low": 0.2, "high": 0.28, "aggregate": "sequence-mean"},
    {"low": 0.1, "high": 0.3, "aggregate": {"fixedLength": 10}},
    {"dualClip": 3},
    {"level": "sequence", "aggregate": "sequence-mean", "low": 0.05, "high": 0.05},
    {"level": "sequence", "low": 0.5, "high": 0.5, "dualClip": 1.2},
    {"kl": {"coefficient": 0.3, "estimator": "k1"}},
    {"kl": {"coefficient": 0.3, "estimator": "k2"}, "aggregate": "sequence-mean"},
    {"kl": {"coefficient": 0.3, "estimator": "k3"}, "level": "sequence"},
]
CISPO = [{}, {"low": 0.2, "high": 0.2, "aggregate": "sequence-mean"}]

values = draw(0.0, 1.0)
returns = draw(0.0, 1.0)
sampled = grid(values + 0.3 * torch.randn(B, T, dtype=torch.float64))


def value_case(clip):
    x = values.clone().requires_grad_()
    squares = (x - returns) ** 2
    if clip is not None:
        squares = torch.maximum(squares, (sampled + torch.clamp(x - sampled, -clip, clip) - returns) ** 2)
    loss = 0.5 * (squares * MASK).sum() / MASK.sum()
    loss.backward()
    options = {} if clip is None else {"clip": clip}
    return {"options": options, "loss": loss.item(), "gradients": rows(x.grad * MASK)}


def dpo_case(beta, smoothing):
    """Pairs are rows (0, 1) and (2, 3)."""
    x = logp.clone().requires_grad_()
    ratios = ((x - ref) * MASK).sum(-1)
    margins = beta * (ratios[0::2] - ratios[1::2])
    log_sigmoid = torch.nn.functional.logsigmoid
    loss = (-(1 - smoothing) * log_sigmoid(margins) - smoothing * log_sigmoid(-margins)).mean()
    loss.backward()
    return {
        "options": {"beta": beta, "labelSmoothing": smoothing},
        "loss": loss.item(),
        "margin": margins.mean().item(),
        "gradients": rows(x.grad * MASK),
    }


weights = grid(torch.rand(B, T, dtype=torch.float64)) * MASK
weights[0, 1] = 0
x = logp.clone().requires_grad_()
supervised = -(weights * x).sum() / weights.sum()
supervised.backward()

pathlib.Path(__file__).with_name("losses.json").write_text(
    json.dumps(
        {
            "made": f"make.py, torch {torch.__version__.split('+')[0]}, float64",
            "logprobs": rows(logp),
            "sampled": rows(old),
            "reference": rows(ref),
            "advantages": rows(adv),
            "clipped": [case(clipped, options) for options in CLIPPED],
            "cispo": [case(cispo, options) for options in CISPO],
            "dpo": [dpo_case(0.1, 0.0), dpo_case(0.5, 0.1)],
            "values": {
                "values": rows(values),
                "returns": rows(returns),
                "sampled": rows(sampled),
                "cases": [value_case(None), value_case(0.2)],
            },
            "supervised": {"weights": rows(weights), "loss": supervised.item(), "gradients": rows(x.grad)},
        },
        indent=1,
    )
    + "\n"
)
