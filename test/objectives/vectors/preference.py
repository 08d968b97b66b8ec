"""Writes preference.json: losses on pairs and on judged answers by TRL's own code (1.16), gradients by autograd.

Run: python test/objectives/vectors/preference.py
Inputs are multiples of 1/1024, so that they are the same number in 32 bits. DPO's and KTO's losses live inside their
trainers: the trainer's method is called with a model that gives back the log-probs to be judged.
"""

import collections
import json
import pathlib
import types

import torch
from trl import DPOTrainer, KTOTrainer
from trl.experimental.cpo import CPOTrainer
from trl.experimental.orpo import ORPOTrainer

torch.manual_seed(3)
LENGTHS = [5, 2, 3, 4, 1, 6]
PAIRS = len(LENGTHS) // 2
T = max(LENGTHS)
MASK = torch.tensor([[t < n for t in range(T)] for n in LENGTHS])


def grid(tensor):
    return (tensor * 1024).round() / 1024


logp = grid(-1.5 + 0.5 * torch.randn(len(LENGTHS), T, dtype=torch.float64))
ref = grid(logp + 0.6 * torch.randn(len(LENGTHS), T, dtype=torch.float64))
# Rows 2i and 2i + 1 make pair i; TRL has all chosen rows first.
ORDER = list(range(0, len(LENGTHS), 2)) + list(range(1, len(LENGTHS), 2))


def stub(**more):
    accelerator = types.SimpleNamespace(
        device=torch.device("cpu"),
        gather_for_metrics=lambda x, *a, **k: x,
        gather=lambda x, *a, **k: x,
        reduce=lambda x, *a, **k: x,
        num_processes=1,
    )
    metrics = {"train": collections.defaultdict(list), "eval": collections.defaultdict(list)}
    base = dict(
        model=types.SimpleNamespace(training=True), accelerator=accelerator, aux_loss_enabled=False, ld_alpha=None,
        precompute_ref_logps=True, f_divergence_type="reverse_kl", loss_weights=[1.0], use_weighting=False,
        _metrics=metrics, _total_train_tokens=0, args=types.SimpleNamespace(discopop_tau=0.05), _tp_size=1,
    )
    base.update(more)
    return types.SimpleNamespace(**base)


def answers(rows):
    """A model that gives back these log-probs; what else a trainer logs is nothing."""
    zeros = torch.zeros_like(rows)
    outputs = types.SimpleNamespace(log_probs=rows, entropy=zeros, mean_logits=zeros, is_top1=zeros.bool())
    return lambda **kwargs: outputs


def dpo(rows, beta, loss, smoothing):
    ordered, reference = rows[ORDER], ref[ORDER]
    mask = MASK[ORDER]
    shifted = torch.cat([torch.zeros(len(LENGTHS), 1, dtype=torch.bool), mask], 1)

    sums = (reference * mask).sum(1)
    inputs = {
        "input_ids": torch.zeros_like(shifted, dtype=torch.long), "attention_mask": shifted.long(),
        "completion_mask": shifted.long(), "ref_chosen_logps": sums[:PAIRS], "ref_rejected_logps": sums[PAIRS:],
    }
    self = stub(beta=beta, label_smoothing=smoothing, loss_types=[loss])
    return DPOTrainer._compute_loss(self, answers(ordered * mask), inputs, False)


def kto(rows, beta, up, down, baseline):
    """Rows in turn are desirable and undesirable; each is mismatched with the next one's numbers."""
    shifted = torch.cat([torch.zeros(len(LENGTHS), 1, dtype=torch.bool), MASK], 1)
    sums = (ref * MASK).sum(1)
    batch = {
        "input_ids": torch.zeros_like(shifted, dtype=torch.long), "attention_mask": shifted.long(),
        "completion_mask": shifted.long(), "label": torch.tensor([i % 2 == 0 for i in range(len(LENGTHS))]),
        "ref_logps": sums, "ref_KL_logps": sums.roll(-1),
    }
    mismatched = (rows * MASK).sum(1).roll(-1)
    self = stub(beta=beta, desirable_weight=up, undesirable_weight=down, calculate_KL=baseline == "mismatched",
                loss_type="kto" if baseline == "mismatched" else "apo_zero_unpaired",
                _compute_kl_logps=lambda *_: mismatched)
    return KTOTrainer._compute_loss(self, answers(rows * MASK), batch, False)


def recorded(loss_of):
    rows = logp.clone().requires_grad_()
    loss = loss_of(rows)
    (gradient,) = torch.autograd.grad(loss, rows)
    return {"loss": loss.item(), "gradients": [gradient[i, :n].tolist() for i, n in enumerate(LENGTHS)]}


def means(rows):
    averages = (rows * MASK).sum(1) / MASK.sum(1)
    return averages[0::2], averages[1::2]


def simpo(rows, beta, gamma):
    self = types.SimpleNamespace(beta=beta, loss_type="simpo", simpo_gamma=gamma, label_smoothing=0.0,
                                 accelerator=types.SimpleNamespace(device="cpu"), alpha=0.0)
    return CPOTrainer.cpo_loss(self, *means(rows))[0].mean()


def orpo(rows, lam):
    self = types.SimpleNamespace(beta=lam, accelerator=types.SimpleNamespace(device="cpu"))
    chosen, rejected = means(rows)
    losses = ORPOTrainer.odds_ratio_loss(self, chosen, rejected)[0]
    return (-chosen - losses).mean()


def trim(rows):
    return [rows[i, :n].tolist() for i, n in enumerate(LENGTHS)]


names = {"sigmoid": "sigmoid", "robust": "robust", "hinge": "hinge", "ipo": "ipo", "apo-zero": "apo_zero",
         "apo-down": "apo_down", "bco-pair": "bco_pair"}
cases = []
for beta in (0.1, 0.8):
    for ours, theirs in names.items():
        smoothing = 0.2 if ours == "robust" else 0.0
        options = {"beta": beta, "loss": ours, "labelSmoothing": smoothing}
        cases.append({"options": options, **recorded(lambda rows: dpo(rows, beta, theirs, smoothing))})
    options = {"beta": beta, "loss": "sigmoid", "lengthNormalised": True}
    cases.append({"options": options, **recorded(lambda rows: dpo(rows, beta, "sigmoid_norm", 0.0))})

out = {
    "logprobs": trim(logp), "reference": trim(ref), "dpo": cases,
    "simpo": [{"options": {"beta": b, "gamma": g}, **recorded(lambda rows: simpo(rows, b, g))}
              for b, g in ((2.0, 1.0), (0.5, 0.0))],
    "kto": [{"options": {"beta": b, "desirableWeight": u, "undesirableWeight": d, "baseline": z},
             **recorded(lambda rows: kto(rows, b, u, d, z))}
            for b, u, d, z in ((0.1, 1.0, 1.0, "mismatched"), (0.7, 1.5, 0.5, "mismatched"), (0.4, 1.0, 1.0, "none"))],
    "orpo": [{"options": {"lambda": l}, **recorded(lambda rows: orpo(rows, l))} for l in (0.1, 1.0)],
}
pathlib.Path(__file__).with_name("preference.json").write_text(json.dumps(out))
print({k: len(v) for k, v in out.items()})
