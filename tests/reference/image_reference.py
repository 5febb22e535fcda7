"""What clipstill should make of an image, computed with Pillow. Shared by the scripts here."""

import numpy as np
from PIL import Image


def random_pixels(rng, width, height, channels):
    """Smooth colours, a shape with hard edges and noise, so that every coder path is used."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    planes = []
    for _ in range(channels):
        a, b, c = rng.uniform(-0.3, 0.3, 3)
        plane = 128 + 90 * np.sin(a * x + b * y + c * 20)
        inside = (x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2
        plane = np.where(inside < (min(width, height) / 3) ** 2, rng.uniform(0, 255), plane)
        planes.append(plane + rng.normal(0, rng.choice([0, 2, 40]), (height, width)))
    return np.clip(np.rint(np.stack(planes, axis=-1)), 0, 255).astype(np.uint8)


def random_image(rng, width, height, mode):
    channels = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4, "CMYK": 4}[mode]
    pixels = random_pixels(rng, width, height, channels)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode)


def decoded(image):
    """Grey, RGB or RGBA as `clipstill::image::decode` promises it."""
    if image.mode.startswith("I;16"):
        # The one wanted difference: Pillow clips 16-bit grey at 255; clipstill keeps its high byte.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode == "1":
        return image.convert("L")
    if image.mode in ("LA", "PA") or "transparency" in image.info:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGBA") else image.convert("RGB")


def values(image):
    pixels = np.asarray(image)
    return pixels[..., None] if pixels.ndim == 2 else pixels
