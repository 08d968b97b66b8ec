"""Sentence BLEU of sacreBLEU on the pairs of a JSON file, timed: the peer of bench/bleu.ts.

    python bench/python/bleu.py pairs.json

The file holds [[hypothesis, reference], ...]; the answer on standard output is {version, seconds, scores, corpus}, where
`corpus` is the corpus BLEU of the first 5000 pairs.
"""

import json
import logging
import sys
import time

import sacrebleu
from sacrebleu.metrics import BLEU

logging.disable(logging.WARNING)

with open(sys.argv[1]) as file:
    pairs = json.load(file)

metric = BLEU(effective_order=True)
start = time.perf_counter()
scores = [metric.sentence_score(hypothesis, [reference]).score for hypothesis, reference in pairs]
seconds = time.perf_counter() - start
some = pairs[:5000]
corpus = BLEU().corpus_score([hypothesis for hypothesis, _ in some], [[reference for _, reference in some]]).score
json.dump({"version": sacrebleu.__version__, "seconds": seconds, "scores": scores, "corpus": corpus}, sys.stdout)
