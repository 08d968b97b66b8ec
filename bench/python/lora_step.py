"""The peer of the LoRA benchmark: adapters of PEFT on a transformers model, driven line by line from its parent.

One JSON command a line on stdin, one JSON answer a line on stdout:

  {"cmd": "load", "folder": F, "adapter": A, "threads": 2}    F: a Hugging Face folder, A: a PEFT folder, which learns
      {"parameters": n, "vocabulary": n, "torch": "2.15.0"}
  {"cmd": "data", "file": F, "batch": 4, "length": 256}       little-endian int32, whole batches end to end
      {"batches": n}
  {"cmd": "steps", "n": 1}    goes on where the last command stopped, over and over through the file
      {"losses": [...], "seconds": [...], "peakRss": bytes}
  {"cmd": "quit"}

A step: mean cross-entropy of every next token, gradients of the adapters, global norm clipped to 1, AdamW (rate 3e-4,
betas 0.9 and 0.95, decay 0.1). Its loss is taken before the update; its seconds are wall time of the whole step.
"""

import ctypes
import json
import os
import resource
import sys
import time

# Freed memory stays with the process instead of being mapped and zeroed anew at each step.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
if sys.platform == "linux":
    libc = ctypes.CDLL("libc.so.6")
    libc.mallopt(-1, 2**31 - 1)
    libc.mallopt(-3, 2**30)

import numpy
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM


class Training:
    def __init__(self, folder, adapter, threads):
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        base = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, use_cache=False)
        self.vocabulary = base.config.vocab_size
        self.model = PeftModel.from_pretrained(base, adapter, is_trainable=True).train()
        self.parameters = [weight for weight in self.model.parameters() if weight.requires_grad]
        self.optimiser = torch.optim.AdamW(self.parameters, lr=3e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
        self.batches = []
        self.next = 0

    def data(self, file, batch, length):
        tokens = torch.from_numpy(numpy.fromfile(file, "<i4").astype(numpy.int64))
        self.batches = list(tokens.view(-1, batch, length))
        self.next = 0

    def step(self):
        batch = self.batches[self.next % len(self.batches)]
        self.next += 1
        loss = self.model(input_ids=batch, labels=batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
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
                count = sum(weight.numel() for weight in training.parameters)
                answer = {"parameters": count, "vocabulary": training.vocabulary, "torch": torch.__version__}
            case "data":
                training.data(**command)
                answer = {"batches": len(training.batches)}
            case "steps":
                losses, seconds = [], []
                for _ in range(command["n"]):
                    start = time.perf_counter()
                    losses.append(training.step())
                    seconds.append(time.perf_counter() - start)
                rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
                answer = {"losses": losses, "seconds": seconds, "peakRss": rss * 1024}
            case "quit":
                return
        print(json.dumps(answer), flush=True)


main()
