"""The peer of the sampling benchmark: transformers' generate on a Hugging Face folder, driven line by line.

  {"cmd": "load", "model": F, "threads": 2}                      {"parameters": n}
  {"cmd": "generate", "prompts": [[ids]], "tokens": 128}         {"seconds": s, "ids": [[ids]]}
  {"cmd": "quit"}

Greedy, in one batch (the prompts are of one length), the end token forbidden so that every row has all its tokens.
"""

import json
import sys
import time

import torch
from transformers import AutoModelForCausalLM


def main():
    model = None
    for line in sys.stdin:
        command = json.loads(line)
        match command.pop("cmd"):
            case "load":
                torch.set_num_threads(command["threads"])
                torch.set_flush_denormal(True)
                model = AutoModelForCausalLM.from_pretrained(command["model"], dtype=torch.float32).eval()
                answer = {"parameters": sum(w.numel() for w in model.parameters())}
            case "generate":
                prompts = torch.tensor(command["prompts"])
                tokens = command["tokens"]
                start = time.perf_counter()
                with torch.inference_mode():
                    out = model.generate(
                        prompts,
                        attention_mask=torch.ones_like(prompts),
                        do_sample=False,
                        max_new_tokens=tokens,
                        min_new_tokens=tokens,
                        pad_token_id=0,
                    )
                seconds = time.perf_counter() - start
                answer = {"seconds": seconds, "ids": out[:, prompts.shape[1] :].tolist()}
            case "quit":
                return
        print(json.dumps(answer), flush=True)


main()
