"""The peer of the training-step benchmark: a nano LLaMA that PyTorch trains, driven line by line from its parent.

One JSON command a line on stdin, one JSON answer a line on stdout:

  {"cmd": "load", "folder": F, "mode": "eager" | "compile", "threads": 2}    F: a Hugging Face folder
      {"parameters": n, "torch": "2.15.0"}
  {"cmd": "data", "file": F, "batch": 32, "length": 128}    F: little-endian int32, whole batches end to end
      {"batches": n}
  {"cmd": "steps", "n": 5}    goes on where the last command stopped, over and over through the file
      {"losses": [...], "seconds": [...], "peakRss": bytes}
  {"cmd": "quit"}

A step: mean cross-entropy of every next token, gradients, global norm clipped to 1, AdamW (rate 3e-4, betas 0.9 and
0.95, decay 0.1 on matrices). Its loss is taken before the update; its seconds are wall time of the whole step.
"""

import ctypes
import json
import os
import resource
import sys
import time
from pathlib import Path

# What a careful user of PyTorch on a CPU sets: freed memory stays with the process instead of being mapped and zeroed
# anew at each step (glibc's M_TRIM_THRESHOLD and M_MMAP_THRESHOLD), large pages, denormals to zero.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
if sys.platform == "linux":
    libc = ctypes.CDLL("libc.so.6")
    libc.mallopt(-1, 2**31 - 1)
    libc.mallopt(-3, 2**30)

import numpy
import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import nn


class Block(nn.Module):
    """Queries, keys and values in one product, and the two halves of SwiGLU in another."""

    def __init__(self, config):
        super().__init__()
        width, hidden = config["hidden_size"], config["intermediate_size"]
        self.heads = config["num_attention_heads"]
        self.shared = config.get("num_key_value_heads") or self.heads
        self.size = config.get("head_dim") or width // self.heads
        self.epsilon = config["rms_norm_eps"]
        self.before = nn.Parameter(torch.empty(width))
        self.qkv = nn.Parameter(torch.empty((self.heads + 2 * self.shared) * self.size, width))
        self.out = nn.Parameter(torch.empty(width, self.heads * self.size))
        self.after = nn.Parameter(torch.empty(width))
        self.gate_up = nn.Parameter(torch.empty(2 * hidden, width))
        self.down = nn.Parameter(torch.empty(width, hidden))

    def load(self, weights, at):
        joined = lambda *names: torch.cat([weights[f"{at}.{name}_proj.weight"] for name in names])
        self.before.data = weights[f"{at}.input_layernorm.weight"]
        self.qkv.data = joined("self_attn.q", "self_attn.k", "self_attn.v")
        self.out.data = joined("self_attn.o")
        self.after.data = weights[f"{at}.post_attention_layernorm.weight"]
        self.gate_up.data = joined("mlp.gate", "mlp.up")
        self.down.data = joined("mlp.down")

    def forward(self, x, cos, sin):
        batch, length, width = x.shape
        joined = F.linear(F.rms_norm(x, (width,), self.before, self.epsilon), self.qkv)
        heads = joined.view(batch, length, -1, self.size).transpose(1, 2)
        turned, v = heads.split([self.heads + self.shared, self.shared], 1)
        q, k = (turned * cos + rotate_half(turned) * sin).split([self.heads, self.shared], 1)
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=self.shared != self.heads)
        x = x + F.linear(seen.transpose(1, 2).reshape(batch, length, -1), self.out)
        gate, up = F.linear(F.rms_norm(x, (width,), self.after, self.epsilon), self.gate_up).chunk(2, -1)
        return x + F.linear(F.silu(gate) * up, self.down)


def rotate_half(x):
    left, right = x.chunk(2, -1)
    return torch.cat([-right, left], -1)


class Decoder(nn.Module):
    def __init__(self, folder):
        super().__init__()
        config = json.loads((folder / "config.json").read_text())
        weights = load_file(folder / "model.safetensors")
        self.epsilon = config["rms_norm_eps"]
        self.embedding = nn.Parameter(weights["model.embed_tokens.weight"])
        self.blocks = nn.ModuleList(Block(config) for _ in range(config["num_hidden_layers"]))
        for i, block in enumerate(self.blocks):
            block.load(weights, f"model.layers.{i}")
        self.last = nn.Parameter(weights["model.norm.weight"])
        self.head = self.embedding
        if not config.get("tie_word_embeddings"):
            self.head = nn.Parameter(weights["lm_head.weight"])
        theta = (config.get("rope_parameters") or config).get("rope_theta", 10000.0)
        half = self.blocks[0].size // 2
        angles = torch.arange(config["max_position_embeddings"])[:, None] * theta ** (-torch.arange(half) / half)
        self.register_buffer("cos", angles.cos().repeat(1, 2))
        self.register_buffer("sin", angles.sin().repeat(1, 2))

    def forward(self, tokens):
        """Mean cross-entropy of each token after the first. tokens: [batch, length]"""
        read, targets = tokens[:, :-1], tokens[:, 1:]
        length = read.shape[1]
        x = F.embedding(read, self.embedding)
        for block in self.blocks:
            x = block(x, self.cos[:length], self.sin[:length])
        logits = F.linear(F.rms_norm(x, x.shape[-1:], self.last, self.epsilon), self.head)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


class Training:
    def __init__(self, folder, mode, threads):
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.model = Decoder(Path(folder))
        self.loss = torch.compile(self.model) if mode == "compile" else self.model
        self.parameters = list(self.model.parameters())
        groups = [
            {"params": [weight for weight in self.parameters if weight.ndim >= 2], "weight_decay": 0.1},
            {"params": [weight for weight in self.parameters if weight.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=3e-4, betas=(0.9, 0.95), fused=True)
        self.batches = []
        self.next = 0

    def read(self, file, batch, length):
        ids = numpy.fromfile(file, "<i4").astype(numpy.int64)
        self.batches = list(torch.from_numpy(ids).view(-1, batch, length))
        self.next = 0

    def step(self):
        tokens = self.batches[self.next % len(self.batches)]
        self.next += 1
        loss = self.loss(tokens)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters, 1.0, foreach=True)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        return loss.item()


def main():
    training = None
    for line in sys.stdin:
        command = json.loads(line)
        match command.pop("cmd"):
            case "load":
                training = Training(**command)
                answer = {"parameters": sum(w.numel() for w in training.parameters), "torch": torch.__version__}
            case "data":
                training.read(**command)
                answer = {"batches": len(training.batches)}
            case "steps":
                losses, seconds = [], []
                for _ in range(command["n"]):
                    start = time.perf_counter()
                    losses.append(training.step())
                    seconds.append(time.perf_counter() - start)
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
                answer = {"losses": losses, "seconds": seconds, "peakRss": peak}
            case "quit":
                return
        print(json.dumps(answer), flush=True)


main()
