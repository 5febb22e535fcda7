"""JPEG file to normalised [3, 224, 224] tensor with Pillow and torchvision's arithmetic, one core.

    python image_bench.py photo.jpg

The same as jpeg_to_tensor of bench/image_bench.cpp. The arithmetic is CLIPImageProcessor's
(resize the shortest edge, centre crop, 1/255, mean and std), with numpy in place of torch.
"""

import sys
import time

import numpy as np
from PIL import Image

MEAN = np.array([0.48145466, 0.4578275, 0.40821073], np.float32)[:, None, None]
STD = np.array([0.26862954, 0.26130258, 0.27577711], np.float32)[:, None, None]


def tensor(path, size=224):
    image = Image.open(path).convert("RGB")
    short, long = sorted(image.size)
    long = int(size * long / short)
    to = (long, size) if image.width >= image.height else (size, long)
    image = image.resize(to, Image.Resampling.BICUBIC)
    left, top = (to[0] - size) // 2, (to[1] - size) // 2
    image = image.crop((left, top, left + size, top + size))
    pixels = np.asarray(image, np.float32).transpose(2, 0, 1) * np.float32(1 / 255)
    return np.ascontiguousarray((pixels - MEAN) / STD)


def main():
    path = sys.argv[1]
    times = []
    for _ in range(200):
        start = time.process_time()
        tensor(path)
        times.append(time.process_time() - start)
    print(f"{1e3 * np.median(times):.3f} ms of processor time per image (median of {len(times)})")


if __name__ == "__main__":
    main()
