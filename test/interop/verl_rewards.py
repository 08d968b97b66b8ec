"""The rewards that veRL's own managers make of the server's answers: the batch and the naive manager, and the reward loop's.

Usage: verl_rewards.py FOLDER URL < rows; a row is {"prompt", "label", "answer"}, FOLDER holds a tokenizer.
"""

import asyncio
import json
import sys

import numpy as np
import torch
from guerdon_reward import verl_compute_score, verl_compute_scores
from transformers import AutoTokenizer
from verl import DataProto
from verl.experimental.reward_loop.reward_manager.naive import NaiveRewardManager as LoopManager
from verl.workers.reward_manager import BatchRewardManager, NaiveRewardManager

folder, url = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(folder)
rows = json.load(sys.stdin)
LONGEST = 8


def padded(texts, left):
    """Tokens and their mask, filled up at one side as veRL does it: prompts at the left, responses at the right."""
    tokens, mask = [], []
    for text in texts:
        ids = tokenizer(text=text, add_special_tokens=False)["input_ids"]
        fill, ones = [0] * (LONGEST - len(ids)), [1] * len(ids)
        tokens.append(fill + ids if left else ids + fill)
        mask.append(fill + ones if left else ones + fill)
    return torch.tensor(tokens), torch.tensor(mask)


def batch():
    prompts, before = padded([row["prompt"] for row in rows], left=True)
    responses, after = padded([row["answer"] for row in rows], left=False)
    return DataProto.from_dict(
        tensors={"prompts": prompts, "responses": responses, "attention_mask": torch.cat([before, after], dim=1)},
        non_tensors={
            "data_source": np.array(["letters"] * len(rows), dtype=object),
            "reward_model": np.array([{"ground_truth": row["label"]} for row in rows], dtype=object),
            "extra_info": np.array([{"index": i, "seen": np.float32(i)} for i in range(len(rows))], dtype=object),
        },
    )


def of_manager(manager):
    made = manager(batch(), return_dict=True)
    extra = {name: [float(value) for value in values] for name, values in made["reward_extra_info"].items()}
    # Where the reward stands, and that it stands nowhere else.
    places = made["reward_tensor"].nonzero().tolist()
    return {"rewards": made["reward_tensor"].sum(dim=1).tolist(), "places": places, "extra": extra}


async def of_loop():
    manager = LoopManager(None, tokenizer, verl_compute_score(url, parts=["length"]))
    made = await asyncio.gather(*(manager.run_single(batch()[i : i + 1]) for i in range(len(rows))))
    names = made[0]["reward_extra_info"]
    extra = {name: [float(each["reward_extra_info"][name]) for each in made] for name in names}
    return {"rewards": [each["reward_score"] for each in made], "extra": extra}


print(
    json.dumps(
        {
            "batch": of_manager(BatchRewardManager(tokenizer, 0, verl_compute_scores(url, parts=["length"], batch=2))),
            "naive": of_manager(NaiveRewardManager(tokenizer, 0, verl_compute_score(url, parts=["length"]))),
            "loop": asyncio.run(of_loop()),
        }
    )
)
