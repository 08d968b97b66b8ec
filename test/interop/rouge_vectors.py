"""Writes test/text/vectors/rouge.json: what Google's rouge_score 0.1.2 says of random texts.

    pip install rouge-score==0.1.2
    python test/interop/rouge_vectors.py
"""

import json
import pathlib
import random

from rouge_score import rouge_scorer

WORDS = "the a Cat sat on mat dogs ran HOUSE it's don't 3.5 1,000 x_y naïve K9 東京 😀 -- end. (so) İ".split()


def main():
    rng = random.Random(7)
    scorer = rouge_scorer.RougeScorer(["rougeL"], use_stemmer=False)
    rows = []
    for i in range(120):
        longest = rng.choice([0, 3, 20, 90])
        references = [" ".join(rng.choice(WORDS) for _ in range(rng.randint(0, longest))) for _ in range(1 + i % 3)]
        words = references[0].split()
        hypothesis = " ".join(rng.choice(WORDS) if rng.random() < 0.3 else word for word in words if rng.random() < 0.9)
        score = scorer.score_multi(references, hypothesis)["rougeL"]
        rows.append({"hypothesis": hypothesis, "references": references, "score": list(score)})
    out = pathlib.Path(__file__).parent.parent / "text" / "vectors" / "rouge.json"
    out.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
