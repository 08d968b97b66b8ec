"""Small LLaMA, Qwen 2 and Qwen 3 models with one training step, as PyTorch and transformers compute them.

For each model writes test/nn/vectors/<family>/, which test/nn/trainingStep.test.ts reads:
  config.json, model.safetensors   the model as `save_pretrained` writes it
  batch.json                       sequences with prompt lengths, and a coefficient c for each completion token
  expected.safetensors             of L = sum c log p(token | before):
                                     logprobs, entropies   of the completion tokens, sequences end to end
                                     gradient.<name>       dL/d(weight)
                                     after1.<name>         the weight after one AdamW step, less the weight before
                                     after3.<name>         the same after three steps on the same batch
                                     losses                L before the first step and after each of the three
                                     norms                 the gradient's norm before clipping, at each step
Differences of weights rather than weights, so that a tolerance says how wrong the update itself is; they are below
0.04, so float16 holds them to 2e-5.

    python test/interop/training_step.py

Recorded with torch 2.15.0, transformers 5.23.0, safetensors 0.8.0. Computed in float64 from float32 weights.
"""

import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

VECTORS = Path(__file__).parent.parent / "nn" / "vectors"
SIZES = dict(
    vocab_size=40,
    hidden_size=32,
    intermediate_size=48,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
    max_position_embeddings=32,
    rope_theta=10000.0,
    rms_norm_eps=1e-6,
    bos_token_id=None,
    eos_token_id=1,
    pad_token_id=None,  # the embedding of a padding token would get no gradient
    attention_dropout=0.0,
)
FAMILIES = {
    "llama": (LlamaConfig, LlamaForCausalLM, dict(tie_word_embeddings=True)),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, dict(tie_word_embeddings=False, use_sliding_window=False)),
    "qwen3": (Qwen3Config, Qwen3ForCausalLM, dict(tie_word_embeddings=False, use_sliding_window=False)),
}
# (length, prompt length): a one-token prompt, a completion of one token, and one in between.
LENGTHS = [(9, 1), (5, 4), (12, 6)]
ADAMW = dict(lr=1e-2, betas=(0.9, 0.999), eps=1e-8)
WEIGHT_DECAY = 0.1
CLIP_NORM = 1.0


def randomise(model, generator):
    """Weights large enough that no gradient is tiny; norms about 1 and biases about 0, all different."""
    for name, weight in model.named_parameters():
        noise = torch.randn(weight.shape, generator=generator) * 0.2
        weight.data = noise + (1 if name.endswith("norm.weight") else 0)


def read_out(model, sequences):
    logprobs, entropies = [], []
    for tokens, prompt in sequences:
        rows = torch.log_softmax(model(tokens[None]).logits[0, prompt - 1 : -1], -1)
        logprobs.append(rows.gather(1, tokens[prompt:, None])[:, 0])
        entropies.append(-(rows.exp() * rows).sum(-1))
    return torch.cat(logprobs), torch.cat(entropies)


def record(family, seed):
    generator = torch.Generator().manual_seed(seed)
    make_config, make_model, own = FAMILIES[family]
    model = make_model(make_config(**SIZES, **own)).eval()
    randomise(model, generator)
    model.tie_weights()
    folder = VECTORS / family
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)

    sequences = [(torch.randint(0, SIZES["vocab_size"], (n,), generator=generator), prompt) for n, prompt in LENGTHS]
    count = sum(n - prompt for n, prompt in LENGTHS)
    coefficients = torch.randn(count, generator=generator)
    batch = [
        {"tokens": tokens.tolist(), "promptLength": prompt, "coefficients": [float(f"{c:.9g}") for c in piece.tolist()]}
        for (tokens, prompt), piece in zip(sequences, coefficients.split([n - prompt for n, prompt in LENGTHS]))
    ]
    (folder / "batch.json").write_text(json.dumps(batch, indent=1) + "\n")

    model = model.double()
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    matrices = [weight for weight in model.parameters() if weight.ndim >= 2]
    rest = [weight for weight in model.parameters() if weight.ndim < 2]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": rest, "weight_decay": 0.0}], **ADAMW
    )
    expected, losses, norms = {}, [], []
    for step in range(4):
        logprobs, entropies = read_out(model, sequences)
        loss = (coefficients.double() * logprobs).sum()
        losses.append(loss.item())
        if step == 3:
            break
        optimiser.zero_grad()
        loss.backward()
        if step == 0:
            expected |= {"logprobs": logprobs.detach(), "entropies": entropies.detach()}
            expected |= {f"gradient.{name}": weight.grad.clone() for name, weight in model.named_parameters()}
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM).item())
        optimiser.step()
        if step != 1:
            changes = {name: weight.detach() - before[name] for name, weight in model.named_parameters()}
            expected |= {f"after{step + 1}.{name}": change for name, change in changes.items()}
    expected |= {"losses": torch.tensor(losses), "norms": torch.tensor(norms)}
    kind = lambda name: torch.float16 if name.startswith("after") else torch.float32
    tensors = {name: value.to(kind(name)).contiguous() for name, value in expected.items()}
    save_file(tensors, folder / "expected.safetensors")
    size = sum(file.stat().st_size for file in folder.iterdir())
    smallest = min((value.abs().max().item(), name) for name, value in expected.items() if name.startswith("gradient"))
    print(family, f"{size} bytes; losses", losses, "norms", norms, "smallest gradient", smallest)


for seed, family in enumerate(FAMILIES):
    record(family, seed)
