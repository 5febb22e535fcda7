"""Compares clipstill with Pillow on many odd images and prints every difference.

    python image_sweep.py build/bin/image_dump [images=1500] [seed=0]
"""

import struct
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
from image_reference import decoded, random_image, values
from PIL import Image, features


class Dump:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, line):
        self.process.stdin.write((line + "\n").encode())
        self.process.stdin.flush()
        head = self.process.stdout.readline().decode().strip()
        if head.startswith("error"):
            return head
        width, height, channels = map(int, head.split())
        count = width * height * channels
        data = self.process.stdout.read(count)
        return np.frombuffer(data, np.uint8).reshape(height, width, channels)


def odd_size(rng):
    kind = rng.integers(5)
    if kind == 0:
        return 1, int(rng.integers(1, 400))
    if kind == 1:
        return int(rng.integers(1, 400)), 1
    if kind == 2:
        return int(rng.integers(1, 9)), int(rng.integers(1, 9))
    return int(rng.integers(1, 300)), int(rng.integers(1, 300))


def exif_part(rng):
    """Two tags and an orientation; in most, some bytes are others or missing."""
    order = "<>"[rng.integers(2)]
    tags = [(0x010F, 2, 9, 50), (0x0112, 3, 1, int(rng.integers(0, 10)) << (16 if order == ">" else 0)), (0x011A, 5, 1, 59)]
    part = bytearray(b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "LH", 8, len(tags))
    for tag in rng.permutation(len(tags)):
        part += struct.pack(order + "HHLL", *tags[tag])
    part += bytes(4) + b"somebody\0" + struct.pack(order + "LL", 72, 1)
    for _ in range(rng.integers(4)):
        part[rng.integers(len(part))] = rng.choice([0, 1, 3, 4, 5, 6, 9, 12, 255])
    if rng.integers(4) == 0:
        part = part[: rng.integers(len(part))]
    return b"Exif\0\0" + bytes(part)


def upright(image):
    """What ImageOps.exif_transpose() does, but for writing the other tags back, which some of them do not survive."""
    try:
        orientation = image.getexif().get(0x0112, 1)
    except Exception:  # nothing that can be read: not turned
        return image
    turns = Image.Transpose
    known = [turns.FLIP_LEFT_RIGHT, turns.ROTATE_180, turns.FLIP_TOP_BOTTOM, turns.TRANSPOSE, turns.ROTATE_270,
             turns.TRANSVERSE, turns.ROTATE_90]
    method = dict(enumerate(known, 2)).get(orientation)
    image.load()
    return image if method is None else image.transpose(method)


def write_jpeg(rng, path, width, height, exif):
    mode = str(rng.choice(["RGB", "RGB", "L", "CMYK"]))
    image = random_image(rng, width, height, mode)
    options = {"quality": int(rng.integers(5, 101)), "progressive": bool(rng.integers(2))}
    if mode == "RGB":
        if rng.integers(5) == 0:
            options["keep_rgb"] = True
        else:
            options["subsampling"] = int(rng.integers(3))
    if rng.integers(3) == 0:
        options["restart_marker_blocks"] = int(rng.integers(1, 20))
    image.save(path, "JPEG", exif=exif, **options)
    return f"jpeg {mode} {options}"


def write_png(rng, path, width, height, exif):
    mode = str(rng.choice(["1", "L", "LA", "RGB", "RGBA", "P", "P-alpha", "I;16", "L-trns", "RGB-trns"]))
    options = {}
    if mode == "I;16":
        image = Image.fromarray(rng.integers(0, 65536, (height, width)).astype(np.uint16))
    elif mode == "1":
        image = random_image(rng, width, height, "L").convert("1")
    elif mode.startswith("P"):
        colours = int(rng.choice([2, 4, 16, 200]))
        image = random_image(rng, width, height, "RGB").quantize(colours)
        if mode == "P-alpha":
            options["transparency"] = bytes(rng.integers(0, 256, colours).astype(np.uint8))
    elif mode.endswith("trns"):
        image = random_image(rng, width, height, mode[:-5])
        corner = image.getpixel((0, 0))
        options["transparency"] = corner
    else:
        image = random_image(rng, width, height, mode)
    image.save(path, "PNG", exif=exif, **options)
    return f"png {mode}"


def write_webp(rng, path, width, height, exif):
    mode = str(rng.choice(["RGB", "RGBA"]))
    lossless = bool(rng.integers(2))
    quality = int(rng.integers(5, 101))
    random_image(rng, width, height, mode).save(
        path, "WEBP", lossless=lossless, quality=quality, exact=bool(rng.integers(2)), exif=exif
    )
    return f"webp {mode} lossless={lossless} quality={quality}"


def random_box(rng, width, height):
    if rng.integers(2) == 0:
        return 0.0, 0.0, float(width), float(height)
    if rng.integers(3) == 0:  # whole pixels
        left, top = int(rng.integers(width)), int(rng.integers(height))
        right, bottom = int(rng.integers(left + 1, width + 1)), int(rng.integers(top + 1, height + 1))
        return float(left), float(top), float(right), float(bottom)
    left, top = rng.uniform(0, width * 0.9), rng.uniform(0, height * 0.9)
    return left, top, rng.uniform(left + 0.05 * width, width), rng.uniform(top + 0.05 * height, height)


def compare(kind, description, ours, expected, tally):
    tally[kind, "cases"] += 1
    if isinstance(ours, np.ndarray) and ours.shape == expected.shape and (ours == expected).all():
        return
    tally[kind, "different"] += 1
    if isinstance(ours, str) or ours.shape != expected.shape:
        print("DIFFERENT", kind, description, ours if isinstance(ours, str) else ours.shape, expected.shape)
        return
    gap = np.abs(ours.astype(int) - expected.astype(int))
    print("DIFFERENT", kind, description, f"values {np.count_nonzero(gap)} of {gap.size}, at most {gap.max()}")


def main():
    warnings.simplefilter("ignore")  # of Pillow, about damaged Exif
    program = sys.argv[1]
    images = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
    rng = np.random.default_rng(int(sys.argv[3]) if len(sys.argv) > 3 else 0)
    dump = Dump(program)
    tally = Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "image"
        for _ in range(images):
            width, height = odd_size(rng)
            write = [write_jpeg, write_png, write_webp][rng.integers(3)]
            description = f"{width}x{height} " + write(rng, path, width, height, exif_part(rng))
            kind = description.split()[1]
            image = decoded(Image.open(path))
            turned = values(decoded(upright(Image.open(path))))
            compare("upright", description, dump.ask(f"upright {path}"), turned, tally)
            ours = dump.ask(f"decode {path}")
            compare(kind, description, ours, values(image), tally)
            if isinstance(ours, str) or ours.shape != values(image).shape:
                continue
            # Resizing is judged on clipstill's own pixels, so that decoders cannot blur the verdict.
            image = Image.fromarray(ours[..., 0] if ours.shape[2] == 1 else ours)
            for _ in range(3):
                to = odd_size(rng)
                number = int(rng.integers(4))
                box = random_box(rng, width, height)
                expected = values(image.resize(to, Image.Resampling(number), box))
                words = " ".join(map(repr, map(float, box)))
                ours = dump.ask(f"resize {path} {to[0]} {to[1]} {number} {words}")
                compare("resize", f"{description} to {to} filter {number} box {box}", ours, expected, tally)
    print("Pillow", Image.__version__, "libjpeg-turbo", features.version("libjpeg_turbo"),
          "libwebp", features.version("webp"))
    for kind in sorted({kind for kind, _ in tally}):
        print(f"{kind}: {tally[kind, 'cases']} compared, {tally[kind, 'different']} different")
    sys.exit(any(tally[kind, "different"] for kind, _ in tally))


if __name__ == "__main__":
    main()
