"""Transformers and tokenizers in Python against ours.

    python test/interop/tokenizer_peer.py

writes what test/text/huggingFaceTokenizer.test.ts and test/text/characterTokenizer.test.ts read: it trains two small
tokenizers, and for these and for the character tokenizer (whose files Guerdon wrote to test/text/vectors/characters)
it records ids, decoded texts and rendered conversations. Recorded with transformers 5.23.0, tokenizers 0.23.3.
"""

import json
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

VECTORS = Path(__file__).parent.parent / "text" / "vectors"

CORPUS = [
    "The quick brown fox jumps over the lazy dog, and the dog does not mind.",
    "What is 12 plus 34? 12 + 34 = 46. What is 7 times 8? 7 * 8 = 56. The answer is 56.",
    "You are a helpful assistant. Think step by step and put the final answer in a box.",
    "Für größere Übungen nehmen wir die Summe über alle Ergebnisse.",
    "if x > 0:\n    return x\n\n    # the rest of the function\nfor i in range(10):\n\tprint(i)",
] * 4

TEXTS = [
    "The answer is 46.",
    " leading and trailing ",
    "two  spaces   three\n\n\nnewlines\ttabs\r\n",
    "1234567890 12,345.67 -8",
    "größer als ß, naïve café, e\u0301 decomposed",
    "日本語と中文 한국어 عربى",
    "😀👩‍👩‍👧 flags 🇩🇪",
    "don't can't I'LL we've",
    "<|im_start|>user\nhi<|im_end|>\n",
    "a<|im_end|>b <|im_end|> c",
    "\u00a0non-breaking\u2003em\u200bzero",
    "x" * 60,
    "print('hi')  # ok\n",
]

CHATML = """{% for message in messages %}
{% if loop.first and message['role'] != 'system' %}
{{ '<|im_start|>system\\nBe brief.<|im_end|>\\n' }}
{% endif %}
{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] | trim + eos_token + '\\n' }}
{% endfor %}
{% if add_generation_prompt %}
{{ '<|im_start|>assistant\\n' }}
{% endif %}"""

STRICT = """{{- bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {{- raise_exception('a system message is not supported') }}
{%- endif %}
{%- for message in messages -%}
    {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{- raise_exception('user and assistant must take turns') -}}
    {%- endif -%}
    {%- set role = 'model' if message['role'] == 'assistant' else message['role'] -%}
    [{{ role }}]{{ message['content'] | trim }}{{ '[end]' if not loop.last or not add_generation_prompt }}
{%- endfor -%}
{%- if add_generation_prompt %}[model]{% endif -%}"""

CHATS = [
    [{"role": "user", "content": "What is 2+2?"}],
    [{"role": "system", "content": "Be kind."}, {"role": "user", "content": " spaced  "}],
    [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        {"role": "user", "content": "<b>Three</b> & \"quotes\" {{ braces }}\n"},
    ],
    [{"role": "user", "content": "Start"}, {"role": "assistant", "content": "The answer"}],
]


def byte_level():
    """As GPT-2, Llama 3 and Qwen: BPE over bytes, split by a regular expression."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    split = pre_tokenizers.Split(Regex(pattern), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    trainer = trainers.BpeTrainer(vocab_size=360, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=CHATML
    )


def byte_fallback():
    """As Llama 2 and Gemma: BPE over characters with spaces as ▁, unknown characters as bytes, a token that begins texts."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    special = ["<unk>", "<s>", "</s>", *[f"<0x{byte:02X}>" for byte in range(256)]]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False))
    # Bytes are ordinary tokens: only the first three are special.
    data = json.loads(tokenizer.to_str())
    data["added_tokens"] = data["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(data))
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token=AddedToken("</s>", special=True, normalized=False),
        unk_token="<unk>",
        chat_template=STRICT,
    )


def render(tokenizer, messages):
    """None where the template refuses; an unfinished turn of the assistant is gone on with."""
    goes_on = messages[-1]["role"] == "assistant"
    try:
        return tokenizer.apply_chat_template(
            messages, tokenize=False, add_generation_prompt=not goes_on, continue_final_message=goes_on
        )
    except Exception:
        return None


def record(tokenizer, texts, chats):
    encoded = [tokenizer.encode(text, add_special_tokens=False) for text in texts]
    # Cut after each third token too: half a character, half a turn.
    parts = [ids[: len(ids) // 3] for ids in encoded]
    decode = lambda ids: tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return {
        "vocabularySize": len(tokenizer),
        "endId": tokenizer.eos_token_id,
        "texts": [{"text": text, "ids": ids, "decoded": decode(ids)} for text, ids in zip(texts, encoded)],
        "parts": [{"ids": ids, "decoded": decode(ids)} for ids in parts if ids],
        "chats": [{"messages": messages, "rendered": render(tokenizer, messages)} for messages in chats],
    }


def write(folder, data):
    (folder / "expected.json").write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n")


for name, make in {"byteLevel": byte_level, "byteFallback": byte_fallback}.items():
    folder = VECTORS / name
    tokenizer = make()
    tokenizer.save_pretrained(folder)
    write(folder, record(tokenizer, TEXTS, CHATS))

folder = VECTORS / "characters"
tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="<pad>", eos_token="<eos>")
auto = PreTrainedTokenizerFast.from_pretrained(folder)
texts = ["0123456789", "12+34=46", "a b  c\nü", "=<eos>", "<pad><eos>1<", "<eo<eos>s>", "日😀+", "   "]
data = record(tokenizer, texts, [])
assert data == record(auto, texts, [])
write(folder, data)
