"""The folders that model_folders.ts wrote, as transformers and peft see them.

    python test/interop/transformers_peer.py DIR

Writes test/policy/vectors/transformers.json: for each model, log p of the next token at every place, and of every
token of the vocabulary at three places; the same for the adapter that Guerdon wrote, and for one that peft made and
saved to test/policy/vectors/peftAdapter (rsLoRA, on some layers only), and for one with ranks and alphas of single
layers in peftPatternAdapter.

Recorded with torch 2.15.0, transformers 5.23.0, peft 0.21.2. Computed in float32.
"""

import json
import sys
from pathlib import Path

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

torch.set_num_threads(1)
FOLDER = Path(sys.argv[1])
VECTORS = Path(__file__).parent.parent / "policy" / "vectors"
PLACES = [0, 20, 59]
tokens = torch.tensor([json.loads((FOLDER / "tokens.json").read_text())])


def read_out(model):
    with torch.no_grad():
        rows = torch.log_softmax(model(tokens).logits[0].float(), -1)
    following = rows[:-1].gather(1, tokens[0, 1:, None])[:, 0]
    return {
        "next": [round(x, 6) for x in following.tolist()],
        "rows": [[round(x, 6) for x in rows[place].tolist()] for place in PLACES],
    }


def load(name):
    return AutoModelForCausalLM.from_pretrained(FOLDER / name, dtype=torch.float32).eval()


recorded = {"places": PLACES, "models": {}}
for folder in sorted(FOLDER.iterdir()):
    if (folder / "config.json").exists():
        recorded["models"][folder.name] = read_out(load(folder.name))
text = "12+34=46 abc"
assert AutoTokenizer.from_pretrained(FOLDER / "llama").decode(
    AutoTokenizer.from_pretrained(FOLDER / "llama")(text)["input_ids"]
) == text
recorded["adapter"] = read_out(PeftModel.from_pretrained(load("llama"), FOLDER / "adapter").eval())



def made_by_peft(folder, seed, **choices):
    torch.manual_seed(seed)
    made = get_peft_model(load("llama"), LoraConfig(init_lora_weights=False, task_type="CAUSAL_LM", **choices)).eval()
    for name, weight in made.named_parameters():
        if "lora_" in name:
            weight.data = torch.randn(weight.shape) * 0.3
    made.peft_config["default"].base_model_name_or_path = "llama"
    made.save_pretrained(VECTORS / folder)
    (VECTORS / folder / "README.md").unlink()
    return read_out(made)


recorded["peft"] = made_by_peft(
    "peftAdapter", 3, r=3, lora_alpha=2, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"]
)
recorded["peftPatterns"] = made_by_peft(
    "peftPatternAdapter",
    4,
    r=3,
    lora_alpha=2,
    target_modules=["q_proj", "v_proj", "down_proj"],
    # Of keys that fit, the first counts; ^ asks for the whole name; a key fits from a dot on.
    rank_pattern={"layers.1.self_attn.q_proj": 5, "q_proj": 2, "^layers.2.mlp.down_proj": 7},
    alpha_pattern={"v_proj": 1, "^model.layers.0.mlp.down_proj": 4, "oj": 9},
)
(VECTORS / "transformers.json").write_text(json.dumps(recorded))
