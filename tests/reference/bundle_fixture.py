"""Makes tests/data/bundle: a tiny bundle, images for it, and what the reference libraries compute.

    venv/bin/python bundle_fixture.py BUILD/bin/clipstill

A model that tells coloured shapes is trained for a minute and exported; `expected.json` holds the
embeddings that Pillow, `tokenizers` and `onnxruntime` give through the Python code of the bundle's
own README. One such bundle per version of the format stays in the repository: later releases must
load all of them.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

DATA = Path(__file__).resolve().parents[1] / "data" / "bundle"
EDGE = 40  # of the images; the model takes 32
COLOURS = {
    ("red", "红色"): (220, 30, 30), ("green", "绿色"): (30, 170, 60), ("blue", "蓝色"): (40, 60, 220),
    ("yellow", "黄色"): (230, 210, 40), ("purple", "紫色"): (150, 40, 180), ("grey", "灰色"): (120, 120, 120),
}
SHAPES = {("disc", "圆盘"): "ellipse", ("square", "方块"): "rectangle"}
GROUNDS = [(250, 250, 250), (15, 15, 15), (235, 225, 200)]
TEXTS = ["a red disc", "蓝色方块", "green", "", "a yellow square beside a purple disc beside a grey one"]
CONFIG = """
data.path = "pairs.csv"
data.languages = ["en", "zh"]
data.templates = ["en:a drawing of a {}", "zh:{}的图"]
data.holdout = ""
data.validation_share = 0.15
tokenizer.vocabulary = 120
augment.crop_scale_min = 0.9
augment.saturation = 0.1
augment.hue = 0
augment.greyscale = 0
model.embed_dim = 16
model.image.size = 32
model.image.width = 8
model.image.blocks = [1, 1]
model.text.context = 12
model.text.width = 16
model.text.layers = 1
model.text.head_width = 8
train.steps = 600
train.batch = 12
train.lr = 4e-3
train.warmup = 10
train.threads = 1
"""


def draw(colour, shape, ground):
    image = Image.new("RGB", (EDGE, EDGE), ground)
    getattr(ImageDraw.Draw(image), shape)((7, 7, EDGE - 8, EDGE - 8), fill=colour)
    return image


def write_pairs(folder):
    rows = ["image,text,lang,label"]
    for number, ground in enumerate(GROUNDS):
        for (colour_en, colour_zh), colour in COLOURS.items():
            for (shape_en, shape_zh), shape in SHAPES.items():
                name = f"{colour_en}-{shape_en}-{number}.png"
                draw(colour, shape, ground).save(folder / name)
                rows.append(f"{name},{colour_en} {shape_en},en,{colour_en} {shape_en}")
                rows.append(f"{name},{colour_zh}{shape_zh},zh,{colour_en} {shape_en}")
    (folder / "pairs.csv").write_text("\n".join(rows) + "\n")
    (folder / "model.toml").write_text(CONFIG)


def write_images(folder):
    """The formats that the runtime reads, and alpha over white."""
    folder.mkdir()
    draw((220, 30, 30), "ellipse", GROUNDS[0]).save(folder / "red-disc.png")
    draw((40, 60, 220), "rectangle", GROUNDS[1]).resize((60, 40)).save(folder / "blue-square.png")
    draw((30, 170, 60), "ellipse", GROUNDS[2]).convert("RGBA").save(folder / "green-disc.webp", lossless=True)


def expected(bundle, images):
    card = (bundle / "README.md").read_text()
    scope = {}
    with contextlib.chdir(bundle):
        exec(re.search(r"```python\n(.*?)```", card, re.S).group(1), scope)
    names = sorted(path.name for path in images.iterdir())
    paths = [images / name for name in names]
    return {
        "images": dict(zip(names, scope["embed_images"](paths).tolist())),
        "texts": dict(zip(TEXTS, (scope["embed_texts"]([text])[0].tolist() for text in TEXTS))),
        "labels": TEXTS[:3],
        "probabilities": dict(zip(names, scope["probabilities"](paths, TEXTS[:3]).tolist())),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clipstill", type=Path)
    clipstill = parser.parse_args().clipstill.resolve()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        write_pairs(work)
        for words in (["train", "model.toml", "--out", "run"], ["export", "run/best", "--out", "bundle"]):
            subprocess.run([clipstill, *words], cwd=work, check=True)
        shutil.rmtree(DATA, ignore_errors=True)
        DATA.mkdir(parents=True)
        shutil.copytree(work / "bundle", DATA / "v1")
    write_images(DATA / "images")
    text = json.dumps(expected(DATA / "v1", DATA / "images"), ensure_ascii=False, indent=1)
    (DATA / "expected.json").write_text(text + os.linesep)


if __name__ == "__main__":
    main()
