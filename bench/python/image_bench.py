"""JPEG file to normalised [3, 224, 224] tensor in three ways, one core; jpeg_to_tensor of bench/image_bench.cpp is ours.

    venv/bin/python image_bench.py photo.jpg       # tests/reference/requirements-teacher.txt

torchvision's transforms as open_clip and OpenAI's code use them, transformers' CLIPImageProcessor, and the same
arithmetic with nothing but Pillow and numpy. Processor time, one thread, the least of several rounds in turns.
"""

import sys
import time

import numpy as np
import PIL
import torch
import torchvision
import transformers
from PIL import Image
from torchvision import transforms

MEAN = [0.48145466, 0.4578275, 0.40821073]
STD = [0.26862954, 0.26130258, 0.27577711]
SIZE = 224
ROUNDS, REPEATS = 7, 40


def with_pillow(path):
    image = Image.open(path).convert("RGB")
    short, long = sorted(image.size)
    long = int(SIZE * long / short)
    to = (long, SIZE) if image.width >= image.height else (SIZE, long)
    image = image.resize(to, Image.Resampling.BICUBIC)
    left, top = (to[0] - SIZE) // 2, (to[1] - SIZE) // 2
    image = image.crop((left, top, left + SIZE, top + SIZE))
    pixels = np.asarray(image, np.float32).transpose(2, 0, 1) * np.float32(1 / 255)
    mean, std = (np.array(v, np.float32)[:, None, None] for v in (MEAN, STD))
    return np.ascontiguousarray((pixels - mean) / std)


TRANSFORM = transforms.Compose([
    transforms.Resize(SIZE, interpolation=transforms.InterpolationMode.BICUBIC),
    transforms.CenterCrop(SIZE),
    lambda image: image.convert("RGB"),
    transforms.ToTensor(),
    transforms.Normalize(MEAN, STD),
])
PROCESSOR = transformers.CLIPImageProcessor()


def with_torchvision(path):
    return TRANSFORM(Image.open(path))


def with_transformers(path):
    return PROCESSOR(Image.open(path), return_tensors="pt")["pixel_values"]


def main():
    torch.set_num_threads(1)
    path = sys.argv[1]
    ways = {f"Pillow {PIL.__version__} and numpy": with_pillow,
            f"torchvision {torchvision.__version__}": with_torchvision,
            f"transformers {transformers.__version__}": with_transformers}
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            for _ in range(REPEATS):
                way(path)
            best[name] = min(best[name], (time.process_time() - began) / REPEATS)
    for name, seconds in best.items():
        print(f"{name}: {1e3 * seconds:.3f} ms of processor time an image")


if __name__ == "__main__":
    main()
