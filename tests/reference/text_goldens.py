"""Writes tests/data/text: a vocabulary made here and what the real tokenizers make of our texts.

    python -m venv venv && venv/bin/pip install -r requirements-text.txt
    venv/bin/python text_goldens.py [BUILD/bin/text_json]

goldens.json: versions, and per case the text (hexadecimal UTF-8, possibly invalid), the options,
and [id, begin, end] of each token, offsets in bytes. With text_json, also checks that the real
library reads the tokenizer.json that we write and gives the same ids.
"""

import ast
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import tokenizers
import transformers
from text_reference import BERT, OPTIONS, POOLS, SPECIALS, decoded, hostile, reference, tokens_of
from tokenizers import Tokenizer
from transformers import BertTokenizerFast

FOLDER = Path(__file__).parent.parent / "data" / "text"
CONTEXT = 77

WORDS = ("a an the of in on two three red green blue small big old happy dog cat bird house river moon kitchen photo "
         "drawing running sleeping jump jumps play plays ##ing ##ed ##s ##er ##est ##ly un ##happy ##believ ##able "
         "cafe naive uber istanbul strasse ##mm ##ll 20 ##24 狗狗 2024").split()
TEXTS = r"""a photo of a small dog
Two RED Birds playing in the river.
an unbelievably happy cat, sleeping on the old house!
the biggest dog's kitchen (2024): 3.5 km/h & 100% "blue"
一只小狗在河边跑
春天的花和秋天的月亮，都很美。
红色的cat和blue的狗狗2024年
「你好」，世界！《红楼梦》……——
café naïve Über İSTANBUL straße STRASSE ΣΊΣΥΦΟΣ ﬁn
e\u0301 e\u0327\u0301 e\u0301\u0327 \u1e69 s\u0323\u0307 \u212b \u2126 \u1fef \u037e
한국어 문장 ひらがな カタカナ がぎぐ ﾊﾟ
שָׁלוֹם עולם مرحبا بالعالم الطِّفْل
नमस्ते दुनिया க்ஷ ภาษาไทย ລາວ བོད་
👩\u200d👩\u200d👧 👍🏽 🏳️\u200d🌈 🇨🇳 1️⃣ ☺️ a😀b
[CLS] a dog [SEP] [MASK] [PAD] [UNK] [mask] [MASK [[MASK]] dog[SEP]cat
a\u200bdog a\u00adcat\ufeff \u202edog\u202c \u2060x
tab\there\nnew\r\nline\x0b\x0c\x85nbsp\xa0em\u2003ideographic\u3000end\u2028\u2029
nul\0 bell\x07 esc\x1b del\x7f \ufffd \ue000 \U0010fffd""".split("\n")
TEXTS = [re.sub(r"\\(?:u[0-9a-f]{4}|U[0-9a-f]{8}|x[0-9a-f]{2}|[tnr0])", lambda m: ast.literal_eval(f'"{m[0]}"'), t)
         for t in TEXTS]
TEXTS += ["", " ", "\n", "\r\n a \r", "#", "##", "##a", "[", "[]", "dog " * 100, "狗" * 100, "a" * 100, "a" * 101,
          "é" * 100, "é" * 101, "e\u0301" * 60, "\u0301" * 5, "x\u0301" * 101, "dog" + "\u200b" * 200 + "s", "!" * 90]
INVALID = [b"dog\x80cat", b"\xff\xfe", b"\xe4\xb8", b"\xe4\xb8 dog", b"a\xc0\xafb", b"\xed\xa0\x80\xed\xb0\x80",
           b"\xf0\x9f\x98dog", b"\xf4\x90\x80\x80", b"\xe4\xb8\x80\xe4", b"[MASK\xc3]", b"[MASK]\xc3[SEP]"]


def vocabulary():
    shown = "".join(POOLS.values()) + "".join(TEXTS) + "".join(WORDS) + "abcdefghijklmnopqrstuvwxyz0123456789"
    strip, keep = reference(SPECIALS).normalizer, reference(SPECIALS, OPTIONS[1]).normalizer
    shown = sorted(set(strip.normalize_str(shown) + keep.normalize_str(shown)) - set(" "))
    return SPECIALS + list(dict.fromkeys(WORDS + [c for c in shown if not c.isspace()] + ["##" + c for c in shown if c.isalnum()]))


def case(tokenizer, data, options, context):
    text, starts = decoded(data)
    tokenizer.enable_truncation(context)
    return {"text": data.hex(), "options": options, "context": context,
            "tokens": tokens_of(tokenizer.encode(text), starts)}


def check_transformers(vocabulary_file, cases):
    """BertTokenizerFast itself gives the ids that the pieces put together here give."""
    tokenizer = BertTokenizerFast(vocab=str(vocabulary_file), do_lower_case=True)
    for c in cases:
        if tuple(c["options"]) == BERT:
            text, _ = decoded(bytes.fromhex(c["text"]))
            ids = tokenizer(text, truncation=True, max_length=c["context"])["input_ids"]
            assert ids == [t[0] for t in c["tokens"]], text


def check_our_json(tool, vocabulary_file, cases):
    """The real library reads what we write."""
    written = subprocess.run([tool, vocabulary_file], stdout=subprocess.PIPE, check=True).stdout
    tokenizer = Tokenizer.from_str(written.decode("utf-8"))
    for c in cases:
        if tuple(c["options"]) == BERT:
            tokenizer.enable_truncation(c["context"])
            assert tokenizer.encode(decoded(bytes.fromhex(c["text"]))[0]).ids == [t[0] for t in c["tokens"]]


def main():
    rng = random.Random(20240611)
    FOLDER.mkdir(parents=True, exist_ok=True)
    tokens = vocabulary()
    vocabulary_file = FOLDER / "vocab.txt"
    vocabulary_file.write_text("\n".join(tokens) + "\n", encoding="utf-8")
    texts = [t.encode("utf-8") for t in TEXTS] + INVALID + [hostile(rng) for _ in range(140)]
    cases = []
    for number, options in enumerate(OPTIONS):
        tokenizer = reference(tokens, options)
        chosen = texts if number == 0 else texts[: len(TEXTS) + len(INVALID)] + texts[-5 * number :]
        cases += [case(tokenizer, t, options, CONTEXT) for t in chosen]
    tokenizer = reference(tokens)
    cases += [case(tokenizer, t, BERT, context) for t in texts[:18] for context in (2, 3, 8)]
    check_transformers(vocabulary_file, cases)
    if len(sys.argv) > 1:
        check_our_json(sys.argv[1], vocabulary_file, cases)
        print("our tokenizer.json gives the same ids in the real library")
    versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (FOLDER / "goldens.json").write_text(f'{{"versions": {json.dumps(versions)},\n"cases": [\n{lines}\n]}}\n')
    reference(tokens).save(str(FOLDER / "tokenizer.json"), pretty=False)
    print(f"{len(cases)} cases, {len(tokens)} tokens, {versions}")


if __name__ == "__main__":
    main()
