"""Compares our embeddings with those of transformers and open_clip at the sizes of published models.

    venv/bin/python teacher_sweep.py BUILD/bin/teacher_dump WORK_FOLDER [MODEL ...]

Weights are random and written by the reference library; images are the files of tests/data/image (grey, palette, alpha,
16 bits, CMYK, EXIF, one pixel) and drawings made here, texts are ours. Prints for each model the largest difference of
pixels, embeddings and logits, whether the ids are the same, the most memory that ours takes once the
weights are loaded, beside what it plans to take, and the seconds of both sides (towers alone, fp32, the least of three
times): elapsed, and of the processor, which other work on the machine disturbs less. `taskset -c 0` gives both sides one
thread.
"""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from teacher_reference import DATA, OpenClip, chinese_clip, clip, difference, randomise, siglip

IMAGES, TEXTS = 16, 32
WORDS = "a photo of the small red dog cat house river two birds sky 一只 小狗 在河边 跑 红色 的 猫 房子 !? 2024 it's café".split()
CLIP_TOKENIZER, CHINESE, SPIECE = DATA / "clip" / "files", DATA / "text" / "vocab.txt", DATA / "siglip" / "spiece.model"
B = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12}
S = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
L = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
OPEN_TEXT = {"context_length": 77, "vocab_size": 0, "width": 512, "heads": 8, "layers": 12}
VIT_B = {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32}


def open_clip(folder, vision, **more):
    text = {**OPEN_TEXT, "vocab_size": len(json.loads((CLIP_TOKENIZER / "vocab.json").read_text()))}
    return OpenClip(folder, {"embed_dim": 512, "vision_cfg": vision, "text_cfg": text, **more}, CLIP_TOKENIZER)


MODELS = {
    "clip-b32": lambda f: clip(f, CLIP_TOKENIZER, {**B, "patch_size": 32}, S, 512),
    "clip-b16": lambda f: clip(f, CLIP_TOKENIZER, {**B, "patch_size": 16}, S, 512),
    "clip-l14": lambda f: clip(f, CLIP_TOKENIZER, {**L, "patch_size": 14}, B, 768),
    "chinese-clip-b16": lambda f: chinese_clip(f, CHINESE, {**B, "patch_size": 16}, B, 512),
    "siglip-b16": lambda f: siglip(f, SPIECE, {**B, "patch_size": 16}, B),
    "open-clip-b32": lambda f: open_clip(f, VIT_B),
    "open-clip-b32-quickgelu": lambda f: open_clip(f, VIT_B, quick_gelu=True),
    "open-clip-rn50": lambda f: open_clip(f, {"image_size": 224, "layers": [3, 4, 6, 3], "width": 64, "patch_size": None}),
}


def drawings(folder, rng):
    for i in range(IMAGES):
        size = (rng.randrange(200, 700), rng.randrange(200, 700))
        small = Image.fromarray(np.random.default_rng(i).integers(0, 256, (9, 9, 3), dtype=np.uint8))
        small.resize(size, Image.Resampling.BICUBIC).save(folder / f"{i}.png")
    return [folder / f"{i}.png" for i in range(IMAGES)]


def timed(function, *arguments):
    """Its result, and the least elapsed and processor seconds of three calls."""
    times = []
    for _ in range(3):
        start, processor = time.perf_counter(), time.process_time()
        result = function(*arguments)
        times.append((time.perf_counter() - start, time.process_time() - processor))
    return result, [min(column) for column in zip(*times)]


def compared(ours, theirs):
    return ", ".join(f"{a:.2f} {b:.2f} ({b / a:.2f} x)" for a, b in zip(ours, theirs))


def main():
    tool, work, names = sys.argv[1], Path(sys.argv[2]), sys.argv[3:] or MODELS
    work.mkdir(parents=True, exist_ok=True)
    rng = random.Random(1)
    # Files of one pixel are left out: their edges of 224 pixels are cut from a single colour.
    files = [p for p in sorted((DATA / "image").iterdir()) if p.suffix in (".png", ".jpg", ".webp")]
    images = files + drawings(work, rng)
    texts = [" ".join(rng.choices(WORDS, k=rng.randrange(1, 90))) for _ in range(TEXTS)]
    (work / "images.txt").write_text("".join(f"{p}\n" for p in images))
    (work / "texts.txt").write_text("".join(f"{t}\n" for t in texts))
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads, {len(images)} images, {len(texts)} texts")
    print(f"{'model':<26}{'pixels':>9}{'ids':>6}{'images':>9}{'texts':>9}{'logits':>9}   GB (planned)"
          "   seconds (ours theirs): images elapsed, processor; texts elapsed, processor")
    worst = 0.0
    for seed, name in enumerate(names):
        folder = work / name
        model = MODELS[name](folder)
        randomise(model.model, seed)
        model.save()
        pixels, tokens = model.pixels(images), model.tokens(texts)
        model.images(pixels[:2])  # warm
        theirs, image_time = timed(model.images, pixels)
        their_texts, text_time = timed(model.texts, tokens)
        subprocess.run([tool, folder, work / "images.txt", work / "texts.txt", work / "out"], check=True)
        ours = {n: np.load(work / "out" / f"{n}.npy") for n in ("pixels", "ids", "images", "texts", "scale", "seconds", "memory")}
        their_ids = next(iter(tokens.values())).numpy()
        # Padding differs (open_clip writes 0): compared up to the end of each text.
        end = model.tokenizer.eos_token_id
        end = model.tokenizer.sep_token_id if end is None else end
        lengths = [int((row == end).argmax()) + 1 for row in their_ids]
        same = all((a[:n] == b[:n]).all() for a, b, n in zip(ours["ids"], their_ids, lengths))
        scale, bias = model.scale()
        logits = scale * theirs.numpy() @ their_texts.numpy().T + bias
        our_logits = ours["scale"].ravel()[0] * ours["images"] @ ours["texts"].T + ours["scale"].ravel()[1]
        found = [difference(ours["pixels"], pixels.flatten(1)), difference(ours["images"], theirs),
                 difference(ours["texts"], their_texts), difference(our_logits, logits)]
        worst = max(worst, *found)
        seconds, memory = ours["seconds"].ravel(), ours["memory"].ravel() / 1e9
        print(f"{name:<26}{found[0]:>9.1e}{'same' if same else 'DIFF':>6}{found[1]:>9.1e}{found[2]:>9.1e}{found[3]:>9.1e}"
              f"   {memory[0]:.2f} ({memory[1]:.2f})"
              f"   {compared(seconds[:2], image_time)}; {compared(seconds[2:], text_time)}", flush=True)
        for file in folder.glob("*.safetensors"):
            file.unlink()
        assert same
    print(f"largest difference: {worst:.1e} (target 1e-4)")
    return worst > 1e-4


if __name__ == "__main__":
    sys.exit(main())
