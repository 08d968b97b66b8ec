"""Writes test/rewards/vectors/ifeval.json: what IFEval's own checks say of random and nasty answers.

The checks are the authors' code as packaged by if-verifiable. Left out are those that need data files of nltk (sentences,
words in capitals) or a language detector.

    pip install if-verifiable==0.1.2
    python test/interop/ifeval_vectors.py
"""

import json
import pathlib
import random

from if_verifiable.ifeval.instructions_registry import INSTRUCTION_DICT

PIECES = (
    "The cat sat. It's a dog's life, isn't it? NASA and U.S. agree! CAT cat concatenate cats. naïve Ünder_score 3.5 "
    "Section 1 SECTION 2 Section3 section 4 [name] [address] [] [a [b] ] << >> <<A title>> <<>> *bold* **strong** ** * "
    "*** ****** P.S. p.s. P. S. P.P.S p.p.s. P. P. S * point - point -point ** no *point Paragraph \"quoted\" ' ' "
    "My answer is yes. My answer is no. my answer is maybe. Any other questions? {\"a\": 1} [1, 2] ``` ```json , ,, ; end"
).split(" ") + ["\n", "\n\n", "\n\n\n", "\n* ", "\n- ", "\n*** \n", " ******\n", "\n  - ", "\t", "\n**x** y"]

NASTY = [
    "word",
    '"quoted"',
    '"',
    '""',
    '```json\n{"a": [1, 2, null]}\n```',
    '```\n[]\n```',
    '{"a": 1}',
    "{'a': 1}",
    "one\n***\ntwo",
    "***one***two***",
    "one****** two",
    "one ****** one",
    "****** one ****** two ******",
    "one ******\n****** two",
    "a\n\nb\n\nc",
    "'Hello, a\n\n\"World\" b",
    "a\n\n\n\nb",
    "Write a poem. Roses are red",
    "  write a POEM.",
    "the end. Any other questions?",
    'the end. Any other questions?"',
    "* a\n* b\n- c\n ** d\n*e",
    "<<x>>",
    "<< >>",
    "<<a\nb>>",
    "****",
    "*a* **b** ***c***",
    "[a][b] [c\nd]",
]

INSTRUCTIONS = [
    ("keywords:existence", {"keywords": ["cat", "dog"]}),
    ("keywords:existence", {"keywords": ["naïve"]}),
    ("keywords:frequency", {"keyword": "cat", "frequency": 3, "relation": "at least"}),
    ("keywords:frequency", {"keyword": "point", "frequency": 2, "relation": "less than"}),
    ("keywords:forbidden_words", {"forbidden_words": ["cat", "end"]}),
    ("keywords:forbidden_words", {"forbidden_words": ["naïve", "section"]}),
    ("keywords:letter_frequency", {"letter": "s", "let_frequency": 5, "let_relation": "at least"}),
    ("keywords:letter_frequency", {"letter": "T", "let_frequency": 4, "let_relation": "less than"}),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 1}),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2}),
    ("length_constraints:number_words", {"num_words": 10, "relation": "at least"}),
    ("length_constraints:number_words", {"num_words": 16, "relation": "less than"}),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "World"}),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 1, "nth_paragraph": 1, "first_word": "the"}),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 3, "nth_paragraph": 3, "first_word": "c"}),
    ("detectable_content:number_placeholders", {"num_placeholders": 2}),
    ("detectable_content:postscript", {"postscript_marker": "P.S."}),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"}),
    ("detectable_content:postscript", {"postscript_marker": "end"}),
    ("detectable_format:number_bullet_lists", {"num_bullets": 1}),
    ("detectable_format:number_bullet_lists", {"num_bullets": 3}),
    ("detectable_format:constrained_response", {}),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 1}),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 3}),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 1}),
    ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 2}),
    ("detectable_format:json_format", {}),
    ("detectable_format:title", {}),
    ("combination:two_responses", {}),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Write a poem."}),
    ("startend:end_checker", {"end_phrase": "Any other questions?"}),
    ("startend:quotation", {}),
    ("punctuation:no_comma", {}),
]


def main():
    rng = random.Random(4)
    answers = NASTY + ["".join(rng.choice(PIECES) + rng.choice([" ", " ", ""]) for _ in range(rng.randint(1, 30))) for _ in range(250)]
    answers = [answer for answer in answers if answer.strip()]
    rows = []
    for answer in answers:
        followed = ""
        for name, kwargs in INSTRUCTIONS:
            check = INSTRUCTION_DICT[name](name)
            check.build_description(**kwargs)
            followed += "1" if check.check_following(answer) else "0"
        rows.append({"answer": answer, "followed": followed})
    out = pathlib.Path(__file__).parent.parent / "rewards" / "vectors" / "ifeval.json"
    out.parent.mkdir(exist_ok=True)
    head = json.dumps({"instructions": [{"id": name, **kwargs} for name, kwargs in INSTRUCTIONS]}, ensure_ascii=True)[:-1]
    out.write_text(head + ', "rows": [\n' + ",\n".join(json.dumps(row) for row in rows) + "\n]}\n")


if __name__ == "__main__":
    main()
