"""The peer of the GRPO benchmark: TRL's GRPOTrainer on a CPU, driven line by line from its parent.

One JSON command a line on stdin, one JSON answer a line on stdout:

  {"cmd": "load", "folder": F, "file": P, "prompts": 8, "samples": 8, "tokens": 32, "threads": 2}
                                        F: a Hugging Face folder, P: a JSON list of texts
      {"parameters": n, "trl": "1.16.0"}
  {"cmd": "logprobs", "texts": [...], "answers": [[ids]]}    the model's log p of the answers' tokens
      {"logprobs": [[...]]}
  {"cmd": "steps", "n": 3}              goes on where the last command stopped
      {"seconds": s, "lengths": [mean of each step], "peakRss": bytes}
  {"cmd": "quit"}

A step is everything from one optimiser step to the next: loading prompts, sampling, the reward, advantages, one pass with
clipping at 1 and AdamW. No reference, one iteration, one batch: so the trainer makes no second pass for old log-probs. The
end token counts for nothing while sampling, so that every answer has all its tokens.
"""

import contextlib
import ctypes
import json
import os
import resource
import sys
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
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback

torch.set_flush_denormal(True)
answers = os.fdopen(os.dup(1), "w")
# What libraries print must not be taken for answers.
os.dup2(2, 1)


def answer(message):
    answers.write(json.dumps(message) + "\n")
    answers.flush()


class Driver(TrainerCallback):
    """Lets the trainer make as many steps as the parent asks for, and times them."""

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model, tokenizer
        self.left, self.began, self.lengths = 0, 0.0, []

    def reward(self, completions, completion_ids, **_):
        self.lengths.append(sum(map(len, completion_ids)) / len(completion_ids))
        return [text.count("a") / max(1, len(text)) for text in completions]

    def wait(self, control):
        while True:
            command = json.loads(sys.stdin.readline() or '{"cmd": "quit"}')
            match command["cmd"]:
                case "quit":
                    control.should_training_stop = True
                    return
                case "logprobs":
                    answer({"logprobs": self.logprobs(command["texts"], command["answers"])})
                case "steps":
                    self.left, self.lengths, self.began = command["n"], [], time.perf_counter()
                    return

    def logprobs(self, texts, given):
        # The prompts are of one length, and so are the answers.
        asked = torch.tensor(given)
        ids = torch.cat([torch.tensor(self.tokenizer(text=texts)["input_ids"]), asked], 1)
        with torch.no_grad():
            scores = self.model(ids).logits[:, -asked.shape[1] - 1 : -1].float().log_softmax(-1)
        return scores.gather(2, asked[:, :, None])[:, :, 0].tolist()

    def on_train_begin(self, args, state, control, **_):
        self.wait(control)

    def on_step_end(self, args, state, control, **_):
        self.left -= 1
        if self.left == 0:
            seconds = time.perf_counter() - self.began
            rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            answer({"seconds": seconds, "lengths": self.lengths, "peakRss": rss * 1024})
            self.wait(control)


def load(command):
    torch.set_num_threads(command["threads"])
    model = AutoModelForCausalLM.from_pretrained(command["folder"], dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(command["folder"], padding_side="left")
    with open(command["file"]) as file:
        dataset = Dataset.from_list([{"prompt": text} for text in json.load(file)])
    config = trl.GRPOConfig(
        output_dir=os.path.join(command["folder"], "trl"), per_device_train_batch_size=command["prompts"] * command["samples"],
        num_generations=command["samples"], max_completion_length=command["tokens"], max_steps=1_000_000,
        num_iterations=1, steps_per_generation=1, gradient_accumulation_steps=1, beta=0.0, temperature=1.0, top_p=1.0,
        top_k=0, generation_kwargs={"eos_token_id": None}, loss_type="dapo", learning_rate=3e-4,
        lr_scheduler_type="constant", warmup_steps=0, weight_decay=0.0, max_grad_norm=1.0, optim="adamw_torch_fused",
        use_vllm=False, use_cpu=True, bf16=False, fp16=False, gradient_checkpointing=False, logging_steps=1_000_000,
        save_strategy="no", report_to=[], disable_tqdm=True, dataloader_num_workers=0, dataloader_pin_memory=False,
    )
    driver = Driver(model, tokenizer)
    trainer = trl.GRPOTrainer(
        model=model, reward_funcs=driver.reward, args=config, train_dataset=dataset, processing_class=tokenizer,
        callbacks=[driver],
    )
    # No token has this id.
    trainer.eos_token_ids = [-1]
    return trainer, sum(p.numel() for p in model.parameters())


trainer, parameters = load(json.loads(sys.stdin.readline()))
answer({"parameters": parameters, "trl": trl.__version__})
with contextlib.redirect_stdout(sys.stderr):
    trainer.train()
