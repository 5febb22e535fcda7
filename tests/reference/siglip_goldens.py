"""Writes tests/data/siglip: a small SigLIP tokenizer trained here, and what the real one makes of our texts.

    python -m venv venv && venv/bin/pip install -r requirements-siglip.txt
    venv/bin/python siglip_goldens.py

spiece.model is a unigram model by the real library, with rules of our own for characters, because those of SigLIP take 240 KB
(siglip_sweep.py uses them). goldens.json: versions, and per case the text (hexadecimal UTF-8, possibly invalid), the context
and the ids.
"""

import json
import random
import tempfile
from pathlib import Path

import sentencepiece
import transformers
from clip_goldens import SENTENCES
from clip_sweep import texts_of
from siglip_reference import CONFIG, FRAGMENTS, ids_of, reference, trained, write_folder
from text_goldens import INVALID, TEXTS

FOLDER = Path(__file__).parent.parent / "data" / "siglip"
CONTEXT = 64
# What a string becomes: a few of each kind that nmt_nfkc has.
RULES = {"\u2581": " ", "\u200b": " ", "\u3000": " ", "\ufeff": " ", "\x01": "", "\x7f": "", "e\u0301": "é", "a\u0300": "à", "\ufb01": "fi",
         "\u338f": "kg", "\u2460": "1", "\u1e9b\u0323": "\u1e69", "\u0344": "\u0308\u0301", "...": "\u2026", "\uff01": "!",
         **{chr(0xFF41 + i): chr(97 + i) for i in range(26)}}


def main():
    rng = random.Random(20240612)
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        for source, target in RULES.items():
            rules.write("\t".join(" ".join(f"{ord(c):X}" for c in text) for text in (source, target)) + "\n")
        rules.flush()
        sentences = [" ".join(t.lower().split()) for t in SENTENCES + TEXTS[:12]] * 8
        model = trained(sentences, 320, normalization_rule_tsv=rules.name)
    model.normalizer_spec.ClearField("normalization_rule_tsv")
    write_folder(FOLDER, model, CONFIG)
    tokenizer = reference(FOLDER)
    texts = [t.encode("utf-8") for t in SENTENCES + TEXTS + FRAGMENTS + [*RULES, "x".join(RULES)]] + INVALID + texts_of(rng, 120)
    cases = [(t, CONTEXT) for t in texts] + [(t, n) for t in [*texts[:6], b"a dog </s> x", b"</s>", b""] for n in (2, 3, 8)]
    lines = ",\n".join(json.dumps({"text": t.hex(), "context": n, "ids": ids_of(tokenizer, t, n)}, separators=(",", ":")) for t, n in cases)
    versions = {"sentencepiece": sentencepiece.__version__, "transformers": transformers.__version__}
    (FOLDER / "goldens.json").write_text(f'{{"versions": {json.dumps(versions)},\n"cases": [\n{lines}\n]}}\n')
    print(f"{len(cases)} cases, {len(model.pieces)} pieces, {versions}")


if __name__ == "__main__":
    main()
