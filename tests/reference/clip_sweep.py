"""Compares our CLIP tokenizer with the real one on hundreds of thousands of strings, with OpenAI's vocabulary.

    venv/bin/pip install -r requirements-text.txt && venv/bin/pip install --no-deps open_clip_torch==3.3.0
    venv/bin/python clip_sweep.py BUILD/bin/text_dump [--strings 200000] [--seed 1]

Prints the number of mismatches (ids and byte offsets) for each form in which folders have the tokenizer, the first few
of them, and exits with 1 if there are any. open_clip_torch is there for its vocabulary file; nothing of it runs.
"""

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

import tokenizers
import transformers
from clip_reference import END, FRAGMENTS, START, clip, openai, write_files
from text_reference import hostile
from text_sweep import compare
from transformers import CLIPTokenizer


def token(content, normalized):
    return {"__type": "AddedToken", "content": content, "lstrip": False, "normalized": normalized, "rstrip": False, "single_word": False}


# tokenizer_config.json of folders with vocab.json and merges.txt
CONFIGS = {
    "plain": {},
    "flags": {"tokenizer_class": "CLIPTokenizer", "bos_token": token(START, True), "eos_token": token(END, True),
              "unk_token": token(END, True), "pad_token": END, "model_max_length": 77, "do_lower_case": True},
    "decoder": {"tokenizer_class": "CLIPTokenizer", "bos_token": START, "eos_token": END, "pad_token": "!",
                "added_tokens_decoder": {"49406": token(START, True), "49407": token(END, False)}},
}


def texts_of(rng, count):
    out = []
    for _ in range(count):
        text = hostile(rng)
        if rng.random() < 0.5:
            cut = rng.randint(0, len(text))
            text = text[:cut] + rng.choice(FRAGMENTS).encode() + text[cut:]
        out.append(text)
    return out


def forms(folder):
    """(name, path, real tokenizer) of each form."""
    vocabulary, merges = openai()
    for special_words in (True, False):
        for normalized in ((False, False), (True, False), (True, True)):
            tokenizer = clip(vocabulary, merges, special_words, normalized)
            path = folder / f"{special_words}-{normalized}"
            path.mkdir()
            tokenizer.save(str(path / "tokenizer.json"))
            yield f"tokenizer.json, special words {special_words}, normalized {normalized}", path, tokenizer
    for name, config in CONFIGS.items():
        path = folder / name
        path.mkdir()
        write_files(path, vocabulary, merges, config)
        yield f"vocab.json, config \"{name}\"", path, CLIPTokenizer.from_pretrained(path).backend_tokenizer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--strings", type=int, default=200000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    rng = random.Random(arguments.seed)
    every = [f"a{chr(c)}B{chr(c)}".encode() for c in range(0x110000)
             if not 0xD800 <= c < 0xE000 and (c < 0x32400 or c % 97 == 0)]
    wrong, total = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for i, (name, path, tokenizer) in enumerate(forms(Path(folder))):
            texts = texts_of(rng, arguments.strings // 9) + (every if i == 0 else every[i::9])
            tokenizer.no_padding()
            found = compare(arguments.tool, path, tokenizer, texts)
            print(f"{name}: {len(texts)} strings, {len(found)} mismatches", flush=True)
            wrong += found
            total += len(texts)
    for text, expected, got in wrong[:8]:
        print(f"  {text!r}\n    expected {expected}\n    got      {got}")
    print(f"tokenizers {tokenizers.__version__}, transformers {transformers.__version__}: {total} strings, "
          f"{len(wrong)} mismatches, {time.monotonic() - began:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
