"""TRL's GRPOTrainer with a Guerdon reward server as its reward.

    PYTHONPATH=python python test/interop/trl_trainer.py MODEL_FOLDER SERVER_URL STEPS

Prints one JSON line: the mean reward that the trainer logged at each step, the share of the letter among the same
answers as counted here, and the share of answers that the server left unscored.
"""

import contextlib
import json
import os
import sys

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import trl
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer

from guerdon_reward import trl_reward

folder, url, steps = sys.argv[1], sys.argv[2], int(sys.argv[3])
torch.manual_seed(1)
torch.set_num_threads(1)
server = trl_reward(url, reference="answer")
counted = []


def reward(prompts, completions, answer, **more):
    counted.append(sum(text.count(letter) / max(1, len(text)) for text, letter in zip(completions, answer)) / len(answer))
    return server(prompts=prompts, completions=completions, answer=answer, **more)


reward.__name__ = "guerdon_reward"
model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
config = trl.GRPOConfig(
    output_dir=os.path.join(folder, "trl"), per_device_train_batch_size=32, num_generations=8, max_completion_length=12,
    max_steps=steps, learning_rate=3e-3, lr_scheduler_type="constant", beta=0.0, use_cpu=True, bf16=False, fp16=False,
    logging_steps=1, save_strategy="no", report_to=[], disable_tqdm=True, seed=1, gradient_checkpointing=False,
    dataloader_pin_memory=False,
)
data = Dataset.from_list([{"prompt": f"{n:02d}", "answer": "a"} for n in range(64)])
with contextlib.redirect_stdout(sys.stderr):
    trainer = trl.GRPOTrainer(model=model, reward_funcs=reward, args=config, train_dataset=data, processing_class=tokenizer)
    trainer.train()
logs = [entry for entry in trainer.state.log_history if "reward" in entry]
print(json.dumps({
    "logged": [entry["reward"] for entry in logs],
    "counted": counted,
    "unscored": [entry.get("guerdon_reward/unscored") for entry in logs],
    "trl": trl.__version__,
}))
