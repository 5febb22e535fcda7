"""Runs exported graphs in ONNX Runtime and compares them with libtorch.

    venv/bin/python export_sweep.py BUILD/bin/export_dump [BUNDLE...] [--library BUILD/src/runtime/libclipstill.so]

Random models of every tower and of several sizes are exported by export_dump; each graph
passes the ONNX checker, then runs at batch 1, 7 and 64 and at every text length, with and without
padding and with nonsense in the padding. A BUNDLE written by `clipstill export` is compared with
its own self-test, and the Python code of its README is run; with the library, on images of odd
sizes and modes, prepared as the bundle's preprocessor_config.json and others say. Prints the largest differences and
what ONNX Runtime fused, and exits with 1 if one is above 1e-4.
"""

import argparse
import contextlib
import ctypes
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from image_reference import random_image
from PIL import Image
from safetensors import safe_open

TOLERANCE = 1e-4
ROWS = 80  # more than the longest context
IMAGE_TOWERS = ["resnet", "mobile", "vit", "seed_conv", "clip_vit", "siglip_vit", "clip_resnet"]
TEXT_TOWERS = ["transformer", "lstm", "seed_lstm", "clip_text", "siglip_text", "bert"]
# Sizes at which something differs: pooling windows, odd edges, depth, heads, factorised embeddings.
SIZES = [
    ["image.arch=resnet", "image.size=32", "image.blocks=[2, 1]", "text.arch=transformer", "text.layers=1"],
    ["image.arch=resnet", "image.size=96", "image.width=48", "text.arch=lstm", "text.layers=1"],
    ["image.arch=mobile", "image.size=45", "image.blocks=[1, 3]", "text.arch=lstm", "text.layers=3"],
    ["image.arch=vit", "image.size=64", "image.width=64", "image.head_width=32", "image.blocks=[3]",
     "text.arch=transformer", "text.layers=4", "text.embedding_width=8", "text.context=77"],
    ["image.arch=seed_conv", "image.size=224", "text.arch=seed_lstm", "text.context=40"],
    ["image.arch=seed_conv", "image.size=64", "text.arch=lstm", "text.embedding_width=8"],
    ["image.arch=clip_resnet", "image.size=64", "image.width=32", "image.blocks=[1, 1, 2, 1]",
     "text.arch=clip_text", "text.activation=quick_gelu", "text.context=77"],
    ["image.arch=siglip_vit", "image.activation=gelu_tanh", "text.arch=siglip_text",
     "text.activation=gelu_tanh", "text.context=64"],
]


def session(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def fused(path):
    """The operators that ONNX Runtime put in place of several."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = str(Path(folder) / "x.onnx")
        onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        nodes = onnx.load(options.optimized_model_filepath).graph.node
    return Counter(node.op_type for node in nodes if node.domain.startswith("com.microsoft"))


def difference(got, expected):
    return float(np.abs(got - expected).max()) if np.isfinite(got).all() else float("inf")


def image_difference(path, test):
    encoder = session(path)
    pixels, expected = test["pixel_values"], test["image_embeds"]
    worst = 0.0
    for batch in {min(batch, len(pixels)) for batch in (1, 7, 64)}:
        for start in range(0, len(pixels) - batch + 1, batch):
            (got,) = encoder.run(None, {"pixel_values": pixels[start : start + batch]})
            worst = max(worst, difference(got, expected[start : start + batch]))
    return worst


def text_difference(path, test):
    encoder = session(path)
    ids, mask, expected = test["input_ids"], test["attention_mask"], test["text_embeds"]

    def run(rows, length, padding=None):
        i, m = ids[rows, :length], mask[rows, :length]
        if padding is not None:
            i = np.where(m == 1, i, padding)
        (got,) = encoder.run(None, {"input_ids": i, "attention_mask": m})
        return difference(got, expected[rows])

    worst = 0.0
    lengths = mask.sum(1)
    for row, length in enumerate(lengths):  # alone, without padding
        worst = max(worst, run(slice(row, row + 1), length))
    for batch in (7, 64):
        for start in range(0, len(ids), batch):
            rows = slice(start, start + batch)
            for padding in (None, 0, -1, 2**62):
                worst = max(worst, run(rows, lengths[rows].max(), padding))
                worst = max(worst, run(rows, ids.shape[1], padding))
    return worst


def check(bundle):
    """The largest differences of the two encoders, and what was fused."""
    with safe_open(bundle / "selftest.safetensors", "np") as file:
        test = {name: file.get_tensor(name) for name in file.keys()}
        texts = json.loads(file.metadata()["texts"])
    out = []
    for kind, compare in (("image", image_difference), ("text", text_difference)):
        path = str(bundle / "onnx" / f"{kind}_encoder.onnx")
        onnx.checker.check_model(path, full_check=True)
        out += [compare(path, test), fused(path)]
    return out, test, texts


def prepared(library, config, picture, size):
    """What libclipstill makes of a picture, [3, size, size]."""
    handle, tensor = ctypes.c_void_p(), np.empty((3, size, size), np.float32)
    library.clipstill_last_error.restype = ctypes.c_char_p
    failed = library.clipstill_image_preprocessor_load(str(config).encode(), ctypes.byref(handle))
    failed = failed or library.clipstill_image_preprocessor_run_file(
        handle, str(picture).encode(), tensor.ctypes.data_as(ctypes.c_void_p), ctypes.c_size_t(tensor.size))
    assert not failed, library.clipstill_last_error().decode()
    library.clipstill_image_preprocessor_free(handle)
    return tensor


def pixel_difference(names, library, folder):
    """The README's load() beside the library, over what a preprocessor_config.json may say."""
    rng = np.random.default_rng(0)
    size, written = names["config"]["image_size"], names["pixels"]
    edges = [size, size + 1, size + 3, 2 * size + 7, 5 * size]
    pictures = []
    for mode, (width, height) in itertools.product(["L", "LA", "RGB", "RGBA"], itertools.product(edges, edges)):
        pictures.append(folder / f"{mode}-{width}-{height}.png")
        random_image(rng, width, height, mode).save(pictures[-1])
    worst = 0.0
    for blend, rounding, square in itertools.product([True, False], [None, "half_to_even"], [True, False]):
        pixels = {**written, "blend_alpha": blend, "crop_rounding": rounding}
        pixels |= {"size": {"height": size, "width": size} if square else {"shortest_edge": size}}
        pixels |= {"do_center_crop": not square, "crop_size": None if square else size}
        config = folder / "preprocessor_config.json"
        config.write_text(json.dumps(pixels))
        names["pixels"] = pixels
        worst = max([worst, *(difference(names["load"](p), prepared(library, config, p, size)) for p in pictures)])
    return worst


def readme_difference(bundle, test, texts, library):
    """Runs the README's code where its reader would."""
    code = re.search(r"```python\n(.*?)```", (bundle / "README.md").read_text(), re.S).group(1)
    with contextlib.chdir(bundle), tempfile.TemporaryDirectory() as folder:
        names = {}
        exec(compile(code, "README.md", "exec"), names)
        picture = os.path.join(folder, "x.png")
        Image.linear_gradient("L").resize((90, 70)).convert("RGB").save(picture)
        sums = names["probabilities"]([picture, picture], texts).sum(1)
        assert np.allclose(sums, 1), sums
        worst = difference(names["embed_texts"](texts), test["text_embeds"])
        return max(worst, pixel_difference(names, library, Path(folder))) if library else worst


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tool")
    parser.add_argument("bundles", nargs="*", type=Path)
    parser.add_argument("--library", type=os.path.abspath, help="libclipstill.so, to prepare images as the READMEs do")
    arguments = parser.parse_args()
    library = arguments.library and ctypes.CDLL(arguments.library)
    pairs = zip(IMAGE_TOWERS, itertools.cycle(TEXT_TOWERS))  # the two graphs have nothing in common
    settings = [[f"image.arch={i}", f"text.arch={t}"] for i, t in pairs]
    worst = 0.0
    for setting in settings + SIZES:
        with tempfile.TemporaryDirectory() as folder:
            bundle = Path(folder) / "bundle"
            subprocess.run([arguments.tool, bundle, str(ROWS), *("model." + s for s in setting)], check=True)
            (image, image_fused, text, text_fused), _, _ = check(bundle)
        print(f"{' '.join(setting)}: image {image:.1e} {dict(image_fused)}, text {text:.1e} {dict(text_fused)}", flush=True)
        worst = max(worst, image, text)
    for bundle in arguments.bundles:
        (image, image_fused, text, text_fused), test, texts = check(bundle)
        readme = readme_difference(bundle, test, texts, library)
        print(f"{bundle}: image {image:.1e} {dict(image_fused)}, text {text:.1e} {dict(text_fused)}, README {readme:.1e}")
        worst = max(worst, image, text, readme)
    print(f"onnx {onnx.__version__}, onnxruntime {onnxruntime.__version__}: "
          f"{len(settings + SIZES) + len(arguments.bundles)} bundles, largest difference {worst:.1e}")
    sys.exit(worst > TOLERANCE)


if __name__ == "__main__":
    main()
