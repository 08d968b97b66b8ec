"""Writes test/text/vectors/sacrebleu.json: what sacreBLEU 2.6.0 says of random and nasty texts.

    pip install sacrebleu==2.6.0
    python test/interop/sacrebleu_vectors.py
"""

import json
import pathlib
import random

import sacrebleu
from sacrebleu.metrics import BLEU, CHRF

WORDS = "the a cat sat on mat Dogs ran HOUSE it's don't o'clock naïve Straße İstanbul ΟΔΟΣ".split()
PIECES = (
    WORDS * 4
    + "3 3.5 1,000.50 3-4 3--4 -5 .5 5. 1..5 1...5 1....5 ,9 9, a-b x.y 2.a a.2 1.,2 1.2.3 -- --- 7- 7-. 7-,8".split()
    + "... ,,, .,., a... a.... 1.. !!! ?! ( ) [x] {y} <z> a/b $5 50% #1 @me c++ a_b ^ ~ ` | \\ \" ' \" ' :-) ;".split()
    + "&quot; &amp; &lt; &gt; &amp;lt; &amp;amp; &apos; & AT&T &quot;hi&quot; <skipped> <skip<skipped>ped>".split()
    + "« » “ ” ‘ ’ – — … · € ₹ © ™ ½ ² ٣ ٣.٤ ३,३ ¿qué? ¡ya! 1,٣ x…y 5…6 …7 8… 50€ ١٢٣".split()
    + "你好，世界。 東京は、夜。 한국어 문장. ภาษาไทย हिन्दी। مرحبا، עברית 漢字 𝔘𝔫𝔦 𝟙𝟚 𠀀".split()
    + "😀 😀😀 👩‍👩‍👧 🇩🇪 ☃ ✔️ e\u0301 a\u200bb z\u0335 \ufeff \u00ad".split(" ")
)
GAPS = [" "] * 30 + ["", "", "", "  ", "\t", "\n", "-\n", "-\n ", "\r\n", "\u00a0", "\u3000", "\u2028", "\x85", "\x1c", "\x0b"]


def text(rng, longest):
    return "".join(rng.choice(PIECES) + rng.choice(GAPS) for _ in range(rng.randint(0, longest)))


def changed(rng, source):
    """A copy with stretches dropped, doubled and replaced."""
    out = []
    i = 0
    while i < len(source):
        step = rng.randint(1, 12)
        roll = rng.random()
        if roll < 0.7:
            out.append(source[i : i + step])
        elif roll < 0.8:
            out.append(source[i : i + step] * 2)
        elif roll < 0.9:
            out.append(rng.choice(PIECES))
        i += step
    return "".join(out)


NASTY = [
    ("", ["a reference"]),
    ("a hypothesis", [""]),
    ("", [""]),
    ("   ", ["\t"]),
    (".", ["."]),
    ("...", ["...."]),
    ("the", ["the"]),
    ("the the the the the the the", ["the cat is on the mat", "there is a cat on the mat"]),
    ("It is a guide to action.", ["It is a guide to action.", "It is the guiding principle."]),
    ("dog", ["cat"]),
    ("a b c", ["x y z"]),
    ("A B C D", ["a b c d"]),
    ("one two three", ["one two three four five six", "one two"]),
    ("end-\n", ["end-\n"]),
    ("&lt;b&gt;bold&lt;/b&gt;", ["<b>bold</b>"]),
    ("word " * 300, ["word " * 200]),
    (". , " * 50, [".,.,.,.,"]),
]

BLEU_SETTINGS = [
    {},
    {"effective_order": True},
    {"smooth_method": "floor"},
    {"smooth_method": "floor", "smooth_value": 0.01},
    {"smooth_method": "add-k"},
    {"smooth_method": "add-k", "smooth_value": 0.5, "effective_order": True},
    {"smooth_method": "none", "effective_order": True},
    {"lowercase": True, "effective_order": True},
    {"tokenize": "intl", "effective_order": True},
    {"tokenize": "intl", "lowercase": True},
    {"tokenize": "char", "effective_order": True},
    {"tokenize": "none", "effective_order": True},
    {"max_ngram_order": 2},
    {"max_ngram_order": 6, "effective_order": True},
]

CHRF_SETTINGS = [
    {},
    {"word_order": 2},
    {"word_order": 1, "lowercase": True},
    {"char_order": 4, "beta": 1},
    {"whitespace": True, "beta": 3},
    {"eps_smoothing": True, "word_order": 2},
]


def signed(metric):
    return str(metric.get_signature())


def main():
    assert sacrebleu.__version__ == "2.6.0", sacrebleu.__version__
    rng = random.Random(20)
    cases = list(NASTY)
    for i in range(300):
        base = text(rng, rng.choice([4, 10, 25]))
        references = [base] + [changed(rng, base) for _ in range(i % 3)]
        hypothesis = changed(rng, base) if rng.random() < 0.85 else text(rng, 12)
        cases.append((hypothesis, references))

    tokenisers = {name: BLEU(tokenize=name).tokenizer for name in ("13a", "intl", "char", "none")}
    rows = []
    for hypothesis, references in cases:
        rows.append(
            {
                "hypothesis": hypothesis,
                "references": references,
                "tokens": {name: tokenise(hypothesis.rstrip()).split() for name, tokenise in tokenisers.items() if name in ("13a", "intl")},
                "bleu": [BLEU(**s).sentence_score(hypothesis, references).score for s in BLEU_SETTINGS],
                "chrf": [CHRF(**s).sentence_score(hypothesis, references).score for s in CHRF_SETTINGS],
            }
        )

    streams = [[references[k] if k < len(references) else None for _, references in cases] for k in range(3)]
    hypotheses = [hypothesis for hypothesis, _ in cases]
    corpora = {"bleu": [], "chrf": []}
    for settings in BLEU_SETTINGS:
        metric = BLEU(**settings)
        score = metric.corpus_score(hypotheses, streams)
        corpora["bleu"].append({"score": score.score, "line": score.format(signature=signed(metric))})
    for settings in CHRF_SETTINGS:
        metric = CHRF(**settings)
        score = metric.corpus_score(hypotheses, streams)
        corpora["chrf"].append({"score": score.score, "line": score.format(signature=signed(metric))})

    # One reference for each text, so that the signature counts it.
    metric = BLEU()
    single = metric.corpus_score(hypotheses, streams[:1])
    corpora["single"] = {"score": single.score, "line": single.format(signature=signed(metric))}

    out = pathlib.Path(__file__).parent.parent / "text" / "vectors" / "sacrebleu.json"
    content = {
        "sacrebleu": sacrebleu.__version__,
        "bleuSettings": BLEU_SETTINGS,
        "chrfSettings": CHRF_SETTINGS,
        "corpora": corpora,
        "rows": rows,
    }
    lines = json.dumps({**content, "rows": []}, ensure_ascii=True)[:-2]
    out.write_text(lines + "\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n")


if __name__ == "__main__":
    main()
