"""Loads with transformers what `clipstill teacher convert` writes, and compares it with our own reading of it.

    venv/bin/python convert_sweep.py BUILD/bin WORK_FOLDER [MODEL ...]      (requirements-teacher.txt)

A MODEL is a model folder; without one, those of tests/data/teacher whose crop transformers knows, and a SigLIP with the
vocabulary of BERT and a centre crop, as a run of ours may have them. Everything is found by transformers itself
(AutoConfig, AutoTokenizer, AutoImageProcessor); no weight may be missing, unexpected or of another shape. Prints the
classes and the largest difference of pixels, embeddings and logits, and whether the ids are the same.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import transformers
from safetensors.torch import load_file, save_file
from teacher_reference import DATA, HuggingFace, difference
from transformers import AutoConfig, AutoImageProcessor, AutoTokenizer

TEXTS = ["a photo of a small DOG", "x", "two red birds playing in the river; the dog's kitchen, it's 2024",
         "一只小狗在河边跑", "caf\u00e9, \ufb01ve  dogs!? </s> ok", "a photo of cats " * 20]


def student(work):
    """The tiny SigLIP with what a run of ours may have instead: BERT's tokenizer, a centre crop; Google's scale and bias."""
    folder = work / "student"
    shutil.copytree(DATA / "teacher" / "siglip", folder, dirs_exist_ok=True)
    for name in ("spiece.model", "special_tokens_map.json", "tokenizer_config.json"):
        (folder / name).unlink()
    words = (DATA / "text" / "vocab.txt").read_text().splitlines()
    config = json.loads((folder / "config.json").read_text())
    (folder / "vocab.txt").write_text("\n".join(words[: config["text_config"]["vocab_size"]]) + "\n")
    pixels = json.loads((folder / "preprocessor_config.json").read_text())
    pixels |= {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}, "do_center_crop": True}
    (folder / "preprocessor_config.json").write_text(json.dumps(pixels))
    weights = load_file(folder / "model.safetensors")
    weights["logit_scale"].fill_(4.765)
    weights["logit_bias"].fill_(-12.93)
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    return folder


def loaded(folder):
    architecture = AutoConfig.from_pretrained(folder).architectures[0]
    model, info = getattr(transformers, architecture).from_pretrained(folder, output_loading_info=True)
    assert not any(info.values()), info
    tokenizer, processor = AutoTokenizer.from_pretrained(folder), AutoImageProcessor.from_pretrained(folder)
    return HuggingFace(folder, model, tokenizer, processor, tokenizer.model_max_length, architecture == "SiglipModel")


def main():
    tools, work, models = Path(sys.argv[1]), Path(sys.argv[2]), [Path(name) for name in sys.argv[3:]]
    work.mkdir(parents=True, exist_ok=True)
    if not models:
        models = [DATA / "teacher" / name for name in ("clip", "chinese_clip", "siglip")] + [student(work)]
    images = sorted(p for p in (DATA / "image").iterdir() if p.suffix in (".png", ".jpg", ".webp"))
    (work / "images.txt").write_text("".join(f"{p}\n" for p in images))
    (work / "texts.txt").write_text("".join(f"{t}\n" for t in TEXTS))
    worst = 0.0
    for model in models:
        folder = work / f"{model.name}-converted"
        subprocess.run([tools / "clipstill", "teacher", "convert", model, folder], check=True, stdout=subprocess.DEVNULL)
        out = {}
        for name, source in (("before", model), ("after", folder)):
            subprocess.run([tools / "teacher_dump", source, work / "images.txt", work / "texts.txt", work / name], check=True)
            out[name] = {n: np.load(work / name / f"{n}.npy") for n in ("pixels", "ids", "images", "texts", "scale")}
        for name, values in out["after"].items():  # our own reading loses nothing
            assert (values == out["before"][name]).all(), name
        ours, theirs = out["after"], loaded(folder)
        pixels, tokens = theirs.pixels(images), theirs.tokens(TEXTS)
        ids = tokens["input_ids"].numpy()
        same = (ours["ids"][:, : ids.shape[1]] == ids).all()
        embedded = theirs.images(pixels), theirs.texts(tokens)
        scale, bias = theirs.scale()
        logits = scale * embedded[0].numpy() @ embedded[1].numpy().T + bias
        our_scale, our_bias = ours["scale"].ravel()
        found = [difference(ours["pixels"], pixels.flatten(1)), difference(ours["images"], embedded[0]),
                 difference(ours["texts"], embedded[1]),
                 difference(our_scale * ours["images"] @ ours["texts"].T + our_bias, logits)]
        classes = [type(part).__name__ for part in (theirs.model, theirs.tokenizer, theirs.processor)]
        print(f"{model.name}: {', '.join(classes)}; ids {'same' if same else 'DIFFER'}; "
              f"pixels {found[0]:.1e}, images {found[1]:.1e}, texts {found[2]:.1e}, logits {found[3]:.1e}", flush=True)
        worst = max(worst, *found) if same else float("inf")
    print(f"transformers {transformers.__version__}: largest difference {worst:.1e} (target 1e-4)")
    return worst > 1e-4


if __name__ == "__main__":
    sys.exit(main())
