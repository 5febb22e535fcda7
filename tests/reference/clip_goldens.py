"""Writes tests/data/clip: a small CLIP vocabulary made here, and what the real tokenizers make of our texts.

    python -m venv venv && venv/bin/pip install -r requirements-text.txt
    venv/bin/python clip_goldens.py [BUILD/bin/text_json]

The tokenizer is there in three forms, each a folder: "new" has the tokenizer.json of transformers 5, "old" that of the
versions before, "files" vocab.json, merges.txt and tokenizer_config.json. goldens.json: versions, and per case the form,
the text (hexadecimal UTF-8, possibly invalid), the context, and [id, begin, end] of each token, offsets in bytes. With
text_json, also checks that the real library reads the tokenizer.json that we write and gives the same tokens.
"""

import json
import random
import subprocess
import sys
from pathlib import Path

import tokenizers
import transformers
from clip_reference import END, FRAGMENTS, START, clip, trained, write_files
from clip_sweep import CONFIGS, texts_of
from text_goldens import CONTEXT, INVALID, TEXTS, case
from tokenizers import Tokenizer
from transformers import CLIPTokenizer

FOLDER = Path(__file__).parent.parent / "data" / "clip"
SENTENCES = """a photo of a small dog. two red birds playing in the river; the dog's kitchen, it's 2024 and we're happy!
they've said they'll not, i'd say i'm sure. photos of cats and of a cat, of the cat's house and of old houses
une photo d'un café à la plage, le café naïf; ein großes Haus, schöne Häuser; 一只小狗在河边跑 一只猫 小猫和小狗""".split("\n")


def forms(vocabulary, merges):
    """(name, real tokenizer), written to the folders."""
    for name in ("new", "old", "files"):
        (FOLDER / name).mkdir(parents=True, exist_ok=True)
    new = clip(vocabulary, merges)
    new.save(str(FOLDER / "new" / "tokenizer.json"), pretty=False)
    old = clip(vocabulary, merges, special_words=False, normalized=(True, False), padding="!")
    old.save(str(FOLDER / "old" / "tokenizer.json"), pretty=False)
    write_files(FOLDER / "files", vocabulary, merges, CONFIGS["flags"])
    files = CLIPTokenizer.from_pretrained(FOLDER / "files").backend_tokenizer
    return {"new": new, "old": old, "files": files}


def check_our_json(tool, form, cases):
    """The real library reads what we write."""
    written = subprocess.run([tool, FOLDER / form], stdout=subprocess.PIPE, check=True).stdout
    tokenizer = Tokenizer.from_str(written.decode("utf-8"))
    tokenizer.no_padding()
    for c in cases:
        if c["form"] == form:
            assert case(tokenizer, bytes.fromhex(c["text"]), None, c["context"])["tokens"] == c["tokens"], c


def main():
    rng = random.Random(20240612)
    vocabulary, merges = trained(SENTENCES + TEXTS[:12], 240)
    tokenizers_by_form = forms(vocabulary, merges)
    fragments = [f"{a}{b}{c}" for a, b, c in zip(["x", " ", "!", "7", ""] * 7, FRAGMENTS, ["y", "", "!!", " 7", "'s"] * 7)]
    texts = [t.encode("utf-8") for t in SENTENCES + TEXTS + FRAGMENTS + fragments] + INVALID + texts_of(rng, 60)
    cases = []
    for form, tokenizer in tokenizers_by_form.items():
        tokenizer.no_padding()
        chosen = texts if form == "new" else texts[:-40]
        contexts = [(t, CONTEXT) for t in chosen] + [(t, n) for t in texts[:6] for n in (2, 3, 8)]
        for text, context in contexts:
            found = case(tokenizer, text, None, context)
            cases.append({"form": form, **{k: found[k] for k in ("text", "context", "tokens")}})
    if len(sys.argv) > 1:
        for form in tokenizers_by_form:
            check_our_json(sys.argv[1], form, cases)
        print("our tokenizer.json gives the same tokens in the real library")
    versions = {"tokenizers": tokenizers.__version__, "transformers": transformers.__version__}
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    (FOLDER / "goldens.json").write_text(f'{{"versions": {json.dumps(versions)},\n"cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {len(vocabulary)} tokens, {versions}")


if __name__ == "__main__":
    main()
