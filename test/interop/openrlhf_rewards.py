"""The rewards that OpenRLHF's own executor fetches for answers it is given, and the tensor its trainer makes of them.

Usage: openrlhf_rewards.py FOLDER URL < rows; a row is {"prompt", "label", "answer"}, FOLDER holds a tokenizer.
"""

import asyncio
import json
import sys
from types import SimpleNamespace

import torch
from openrlhf.utils.agent import SingleTurnAgentExecutor
from transformers import AutoTokenizer

folder, url = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)


class Engine:
    """Says an answer, in vLLM's place."""

    def __init__(self, answer):
        self.tokens = tokenizer(text=answer, add_special_tokens=False)["input_ids"]

    async def generate(self, prompt_token_ids, sampling_params, multi_modal_data=None):
        return SimpleNamespace(outputs=[SimpleNamespace(token_ids=self.tokens, finish_reason="stop", logprobs=None)])


async def main():
    executor = SingleTurnAgentExecutor(f"{url}/get_reward")
    sampling = SimpleNamespace(max_tokens=16, logprobs=None)
    outputs = await asyncio.gather(
        *(
            executor.execute(row["prompt"], row["label"], sampling, 64, tokenizer, Engine(row["answer"]))
            for row in json.load(sys.stdin)
        )
    )
    rewards = [torch.tensor(output["reward"]).tolist() for output in outputs]
    logs = [{name: torch.tensor(values).tolist() for name, values in output["extra_logs"].items()} for output in outputs]
    print(json.dumps({"rewards": rewards, "scores": [output["scores"] for output in outputs], "logs": logs}))


asyncio.run(main())
