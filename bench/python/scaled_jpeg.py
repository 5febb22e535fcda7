"""What libjpeg-turbo's scaled decoding (1/2, 1/4, 1/8) changes in the pixels that a model sees.

    scaled_jpeg.py PHOTOS DRAWINGS      # folders with *.jpeg and with *.png of 64 pixels

Each picture is decoded whole and scaled, and brought to the model's size by Pillow's bicubic
resize and a centre crop, whose geometry is that of the whole picture in both cases. Prints the
absolute differences in 8-bit values and the processor time, as Markdown. Pillow's pixels are
ours (tests/reference/image_sweep.py), and so is its decoder.
"""

import glob
import io
import random
import sys
import time

import numpy as np
from PIL import Image

TARGETS = (32, 48, 64, 96, 128, 224)
BANDS = (1, 2, 3, 4, 6)  # the decoded picture's shorter edge over the target's, at least


def jpeg(image, k):
    """Quality, chroma and scan order as they vary among cameras and web sites."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=(95, 85, 75, 90)[k % 4], subsampling=(0, 2)[k // 2 % 2],
               progressive=k % 3 == 0)
    return out.getvalue()


def mosaics(photos):
    """Photographs side by side, 4 x 4: large pictures that no filter has smoothed."""
    for k in range(24):
        tiles = [Image.open(io.BytesIO(b)).convert("RGB") for b in random.sample(photos, 16)]
        w, h = tiles[0].size
        sheet = Image.new("RGB", (4 * w, 4 * h))
        for i, tile in enumerate(tiles):
            sheet.paste(tile.resize((w, h)), (i % 4 * w, i // 4 * h))
        yield jpeg(sheet, k)


def drawings(names):
    """32 x 24 emoji on white."""
    for k in range(24):
        sheet = Image.new("RGB", (2048, 1536), "white")
        for i in range(32 * 24):
            emoji = Image.open(random.choice(names)).convert("RGBA")
            sheet.paste(emoji, (i % 32 * 64, i // 32 * 64), emoji)
        yield jpeg(sheet, k)


def noise():
    """Black and white points, coarsely quantised: whole decoding clips what rings beyond 0 and 255."""
    rng = np.random.default_rng(3)
    for black, quality in ((0.5, 5), (0.5, 20), (0.1, 5), (0.1, 20), (0.9, 20), (0.25, 50)):
        points = ((rng.random((1800, 1800)) > black) * 255).astype(np.uint8)
        out = io.BytesIO()
        Image.fromarray(points).convert("RGB").save(out, "JPEG", quality=quality, subsampling=0)
        yield out.getvalue()


def decode(data, scale):
    image = Image.open(io.BytesIO(data))
    whole = image.size
    if scale > 1:
        image.draft("RGB", (whole[0] // scale, whole[1] // scale))
        assert image.size == tuple(-(-n // scale) for n in whole), (image.size, whole, scale)
    return image.convert("RGB"), whole


def fit(data, size, scale):
    """Fractions of the last scaled pixel lie beyond the whole picture: the box leaves them out."""
    image, (w, h) = decode(data, scale)
    wide, high = (size, int(h * size / w)) if w <= h else (int(w * size / h), size)
    image = image.resize((wide, high), Image.BICUBIC, box=(0, 0, w / scale, h / scale))
    left, top = (wide - size) // 2, (high - size) // 2
    return np.asarray(image.crop((left, top, left + size, top + size))).astype(np.int16)


def milliseconds(data, size, scale):
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        fit(data, size, scale)
        best = min(best, time.process_time() - start)
    return 1e3 * best


def measure(kind, files):
    bands, times = {}, {}
    for data in files:
        edge = min(Image.open(io.BytesIO(data)).size)
        for size in TARGETS:
            whole = fit(data, size, 1)
            for scale in (2, 4, 8):
                decoded = -(-edge // scale) / size
                if decoded < 1:
                    continue
                off = np.abs(fit(data, size, scale) - whole)
                band = max(b for b in BANDS if decoded >= b)
                bands.setdefault(band, []).append((off.mean(), off.max()))
        for scale in (1, 2, 4, 8):
            times.setdefault(scale, []).append(milliseconds(data, TARGETS[0], scale))
    for band in sorted(bands):
        mean, most = zip(*bands[band])
        print(f"| {kind} | {band} | {len(mean)} | {np.mean(mean):.2f} | {max(mean):.2f} | "
              f"{np.median(most):.0f} | {max(most)} |", flush=True)
    cost = ", ".join(f"1/{scale}: {np.mean(t):.1f}" for scale, t in times.items())
    print(f"{kind}, ms to decode and resize to {TARGETS[0]}: {cost}", file=sys.stderr, flush=True)


def main():
    photos = [open(name, "rb").read() for name in sorted(glob.glob(sys.argv[1] + "/*.jpeg"))]
    emoji = sorted(glob.glob(sys.argv[2] + "/*.png"))
    random.seed(1)
    print("| pictures | decoded / target, at least | cases | mean | worst mean | middle maximum | "
          "worst maximum |\n|---|---:|---:|---:|---:|---:|---:|")
    measure("photographs", photos)
    measure("mosaics of photographs", list(mosaics(photos)))
    measure("drawings", list(drawings(emoji)))
    measure("noise", list(noise()))


if __name__ == "__main__":
    main()
