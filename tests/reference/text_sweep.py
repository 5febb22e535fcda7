"""Compares our tokenizer with the real one on hundreds of thousands of strings.

    venv/bin/python text_sweep.py BUILD/bin/text_dump [--strings 200000] [--seed 1]

Prints the number of mismatches (ids and byte offsets), the first few of them, and exits with 1 if
there are any. The vocabulary holds nearly every character, so that a wrong one shows in the ids.
"""

import argparse
import random
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import tokenizers
from text_reference import OPTIONS, SPECIALS, decoded, hostile, reference, tokens_of

CONTEXT = 24  # cuts many of the texts


def vocabulary():
    characters = [chr(c) for c in (*range(0x21, 0xD800), *range(0xE000, 0x32400))]
    words = ["the", "dog", "##ing", "##s", "aa", "##aa", "##aaa", "éé", "狗狗", "##\u0301\u0301"]
    return SPECIALS + list(dict.fromkeys(words + characters + ["##" + c for c in characters]))


def ours(tool, folder, texts):
    request = b"".join(struct.pack("=I", len(t)) + t for t in texts)
    done = subprocess.run([tool, folder, str(CONTEXT)], input=request, stdout=subprocess.PIPE, check=True)
    reply = memoryview(done.stdout).cast("I")
    at, out = 0, []
    for _ in texts:
        count = reply[at]
        out.append(reply[at + 1 : at + 1 + 3 * count].tolist())
        at += 1 + 3 * count
    return out


def compare(tool, folder, tokenizer, texts):
    """Mismatches of our tokenizer in `folder` with the real one, as (text, expected, got)."""
    replies = ours(tool, folder, texts)
    tokenizer.enable_truncation(CONTEXT)
    wrong = []
    for start in range(0, len(texts), 10000):
        sources = [decoded(t) for t in texts[start : start + 10000]]
        encodings = tokenizer.encode_batch([s for s, _ in sources])
        for i, encoding in enumerate(encodings):
            expected = [v for token in tokens_of(encoding, sources[i][1]) for v in token]
            if expected != replies[start + i]:
                wrong.append((texts[start + i], expected, replies[start + i]))
    return wrong


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("--strings", type=int, default=200000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    began = time.monotonic()
    rng = random.Random(arguments.seed)
    share = arguments.strings // len(OPTIONS)
    wrong, total = [], 0
    every = [f"a{chr(c)}B".encode() for c in range(0x110000) if not 0xD800 <= c < 0xE000 and (c < 0x32400 or c % 97 == 0)]
    for i, options in enumerate(OPTIONS):
        texts = [hostile(rng) for _ in range(share)] + (every if i == 0 else every[i :: len(OPTIONS)])
        tokenizer = reference(vocabulary(), options)
        with tempfile.TemporaryDirectory() as folder:
            tokenizer.save(str(Path(folder) / "tokenizer.json"))
            found = compare(arguments.tool, folder, tokenizer, texts)
        print(f"options {options}: {len(texts)} strings, {len(found)} mismatches", flush=True)
        wrong += found
        total += len(texts)
    for text, expected, got in wrong[:8]:
        print(f"  {text!r}\n    expected {expected}\n    got      {got}")
    print(f"tokenizers {tokenizers.__version__}: {total} strings, {len(wrong)} mismatches, "
          f"{time.monotonic() - began:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
