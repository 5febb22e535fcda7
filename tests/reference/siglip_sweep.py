"""Compares our SigLIP tokenizer with the real one on hundreds of thousands of strings, with models trained here.

    venv/bin/pip install -r requirements-siglip.txt
    venv/bin/python siglip_sweep.py BUILD/bin/text_dump [--strings 100000] [--seed 1]

Prints the number of mismatches for each kind of model, the first few of them, and exits with 1 if there are any. Compared are
the ids, but for texts with capitals that Python does not know yet; the real tokenizer gives no offsets, so ours are checked against what they promise: a piece is found again in what
its own bytes become.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import sentencepiece
import transformers
from clip_goldens import SENTENCES
from siglip_reference import CONFIG, FRAGMENTS, NEW_CAPITALS, ids_of, reference, trained, write_folder
from text_goldens import TEXTS
from text_reference import decoded, hostile
from text_sweep import ours

CONTEXT = 24  # cuts many of the texts


def texts_of(rng, count):
    sentences = [t.encode() for t in SENTENCES + TEXTS]
    out = []
    for _ in range(count):
        text = rng.choice(sentences) if rng.random() < 0.2 else hostile(rng)
        if rng.random() < 0.5:
            cut = rng.randint(0, len(text))
            text = text[:cut] + rng.choice(FRAGMENTS).encode() + text[cut:]
        out.append(text)
    return out


def models(rng):
    """(name, model, config) of each kind."""
    sentences = [" ".join(t.lower().split()) for t in SENTENCES + TEXTS] * 4
    sentences += [decoded(hostile(rng))[0].lower() for _ in range(600)]
    yield "as SigLIP", trained(sentences, 2000), CONFIG
    ties = trained(sentences, 1600)
    for piece in ties.pieces:
        if piece.type == 1:
            piece.score = -rng.randint(1, 3) if rng.random() < 0.9 else -0.1
        if piece.type == 1 and rng.random() < 0.05:
            piece.type = 5  # unused
    yield "ties and unused pieces", ties, CONFIG
    yield "byte pieces", trained(sentences, 1900, byte_fallback=True), CONFIG
    symbols = ["the", "ab", "\u2581a", "\u00e9", "\u72d7\u72d7", "xyz", "aaa"]
    yield "user-defined pieces, all white space", trained(
        sentences, 1600, user_defined_symbols=symbols, remove_extra_whitespaces=False, normalization_rule_name="nfkc_cf"), CONFIG
    plain = {**CONFIG, "do_lower_case": False}
    del plain["added_tokens_decoder"]
    yield "case kept, nothing normalised", trained(sentences, 1600, normalization_rule_name="identity"), plain


def misplaced(tokenizer, text, tokens):
    """Our tokens whose bytes do not have what the piece has."""
    out = []
    for i in range(0, len(tokens), 3):
        piece = tokenizer.convert_ids_to_tokens(tokens[i])
        begin, end = tokens[i + 1 : i + 3]
        if tokens[i] <= 2 or piece.startswith("<0x"):
            continue
        source = decoded(text[begin:end])[0].replace("\u2581", " ")
        if tokenizer.do_lower_case:
            source = "".join(c.lower() for c in source)
        found = tokenizer.sp_model.normalize(tokenizer.canonicalize_text(source))
        if piece.replace("\u2581", "") not in found.replace("\u2581", "") or begin > end or end > len(text):
            out.append((piece, begin, end))
    return out


def compare(tool, folder, texts):
    tokenizer = reference(folder)
    wrong = []
    for text, tokens in zip(texts, ours(tool, folder, texts)):
        expected = ids_of(tokenizer, text, CONTEXT)
        if expected != tokens[::3]:
            wrong.append((text, expected, tokens[::3]))
        elif places := misplaced(tokenizer, text, tokens):
            wrong.append((text, "other places", places))
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--strings", type=int, default=100000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    rng = random.Random(arguments.seed)
    every = [f"a{chr(c)}B".encode() for c in range(0x110000) if not 0xD800 <= c < 0xE000 and (c < 0x32400 or c % 97 == 0)]
    wrong, total = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, model, config) in enumerate(models(rng)):
            path = Path(folder) / str(i)
            write_folder(path, model, config)
            texts = texts_of(rng, arguments.strings // 5) + (every if i == 0 else every[i::20])
            texts = [t for t in texts if not NEW_CAPITALS.search(decoded(t)[0])]
            found = compare(arguments.tool, path, texts)
            print(f"{name}: {len(texts)} strings, {len(found)} mismatches", flush=True)
            wrong += found
            total += len(texts)
    for text, expected, got in wrong[:8]:
        print(f"  {text!r}\n    expected {expected}\n    got      {got}")
    print(f"sentencepiece {sentencepiece.__version__}, transformers {transformers.__version__}: {total} strings, "
          f"{len(wrong)} mismatches, {time.monotonic() - began:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
