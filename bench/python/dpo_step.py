"""The peer of the DPO benchmark: TRL's DPOTrainer on a CPU, driven line by line from its parent.

One JSON command a line on stdin, one JSON answer a line on stdout:

  {"cmd": "load", "folder": F, "pairs": P, "batch": 16, "threads": 2}    F: a Hugging Face folder, P: JSON, lists of ids
      {"parameters": n, "trl": "1.16.0"}
  {"cmd": "steps", "n": 5}    goes on where the last command stopped
      {"losses": [...], "seconds": s, "peakRss": bytes}
  {"cmd": "quit"}

The data are one batch of pairs, so that its order does not matter. Reference log-probs are precomputed; a step is what the
trainer does between on_step_begin and on_step_end: loading the batch, loss, gradients, clipping at 1, AdamW at a constant rate.
"""

import contextlib
import ctypes
import json
import os
import resource
import sys
import tempfile
import time

# Freed memory stays with the process instead of being mapped and zeroed anew at each step.
os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
if sys.platform == "linux":
    libc = ctypes.CDLL("libc.so.6")
    libc.mallopt(-1, 2**31 - 1)
    libc.mallopt(-3, 2**30)

import torch
import trl
from datasets import Dataset
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, TrainerCallback

torch.set_flush_denormal(True)
answers = os.fdopen(os.dup(1), "w")
# What libraries print must not be taken for answers.
os.dup2(2, 1)


def answer(message):
    answers.write(json.dumps(message) + "\n")
    answers.flush()


class Tokenised(trl.DPOTrainer):
    """Takes token ids as they are given."""

    def _prepare_dataset(self, dataset, *_):
        return dataset


class Driver(TrainerCallback):
    """Lets the trainer make as many steps as the parent asks for, and times them."""

    def __init__(self):
        self.left, self.seconds, self.losses, self.began = 0, 0.0, [], 0.0

    def wait(self, control):
        command = json.loads(sys.stdin.readline() or '{"cmd": "quit"}')
        if command["cmd"] == "quit":
            control.should_training_stop = True
        else:
            self.left, self.seconds, self.losses = command["n"], 0.0, []

    def on_train_begin(self, args, state, control, **_):
        self.wait(control)

    def on_step_begin(self, args, state, control, **_):
        self.began = time.perf_counter()

    def on_step_end(self, args, state, control, **_):
        self.seconds += time.perf_counter() - self.began
        self.left -= 1

    def on_log(self, args, state, control, logs=None, **_):
        if "loss" not in (logs or {}):
            return
        self.losses.append(logs["loss"])
        if self.left == 0:
            rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            answer({"losses": self.losses, "seconds": self.seconds, "peakRss": rss * 1024})
            self.wait(control)


def load(command):
    torch.set_num_threads(command["threads"])
    model = AutoModelForCausalLM.from_pretrained(command["folder"], dtype=torch.float32)
    with open(command["pairs"]) as file:
        dataset = Dataset.from_list(json.load(file))
    words = Tokenizer(WordLevel({"<pad>": 0, "<end>": 1}, unk_token="<end>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<end>")
    config = trl.DPOConfig(
        output_dir=tempfile.mkdtemp(), per_device_train_batch_size=command["batch"], max_steps=1_000_000, beta=0.1,
        learning_rate=3e-4, lr_scheduler_type="constant", warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0,
        optim="adamw_torch", precompute_ref_log_probs=True, max_length=None, use_cpu=True, bf16=False, fp16=False,
        gradient_checkpointing=False, logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True,
        dataloader_num_workers=0,
    )
    driver = Driver()
    trainer = Tokenised(model=model, args=config, train_dataset=dataset, processing_class=tokenizer, callbacks=[driver])
    return trainer, sum(p.numel() for p in model.parameters())


trainer, parameters = load(json.loads(sys.stdin.readline()))
answer({"parameters": parameters, "trl": trl.__version__})
with contextlib.redirect_stdout(sys.stderr):
    trainer.train()
