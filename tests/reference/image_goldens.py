"""Writes tests/data/image: small images made here, and what the references make of them.

    python -m venv venv && venv/bin/pip install -r requirements-image.txt
    venv/bin/python image_goldens.py

goldens.json lists the cases; expected pixels (uint8) and tensors (float32, little endian) lie in
goldens.bin at the offsets given there.
"""

import json
import struct
import zlib
from pathlib import Path

import numpy as np
import transformers
from image_reference import decoded, random_image, values
from PIL import Image, features
from transformers import CLIPImageProcessor, SiglipImageProcessor

FOLDER = Path(__file__).parent.parent / "data" / "image"
RNG = np.random.default_rng(20240611)


def write_png_16(path, pixels, colour_type):
    """A 16-bit PNG, which Pillow cannot write for colour. pixels: [height, width, channels]."""
    height, width, _ = pixels.shape

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    )


def write_images():
    def image(mode, width=37, height=29):
        return random_image(RNG, width, height, mode)

    def save(name, picture, **options):
        picture.save(FOLDER / name, **options)

    save("baseline-444.jpg", image("RGB"), quality=90, subsampling=0)
    save("baseline-422.jpg", image("RGB"), quality=75, subsampling=1)
    save("baseline-420.jpg", image("RGB", 50, 31), quality=40, subsampling=2)
    save("progressive.jpg", image("RGB", 33, 48), quality=80, progressive=True)
    save("restart.jpg", image("RGB"), quality=80, restart_marker_blocks=2)
    save("grey.jpg", image("L"), quality=85)
    save("cmyk.jpg", image("CMYK"), quality=85)
    save("one-pixel.jpg", image("RGB", 1, 1))
    rotated = Image.Exif()
    rotated[0x0112] = 6
    save("exif-rotated.jpg", image("RGB", 24, 16), quality=85, exif=rotated)

    save("rgb.png", image("RGB", 40, 26))
    save("rgba.png", image("RGBA", 41, 52))
    save("grey.png", image("L", 64, 9))
    save("grey-alpha.png", image("LA"))
    save("one-bit.png", image("L").convert("1"))
    for bits in (1, 2, 4, 8):
        save(f"palette-{bits}.png", image("RGB").quantize(2**bits), bits=bits)
    save("palette-alpha.png", image("RGB").quantize(16), transparency=bytes(range(0, 256, 16)))
    save("rgb-transparent-colour.png", (im := image("RGB")), transparency=im.getpixel((3, 3)))
    noise = RNG.integers(0, 65536, (11, 13, 4))
    write_png_16(FOLDER / "grey-16.png", noise[..., :1], 0)
    write_png_16(FOLDER / "rgb-16.png", noise[..., :3], 2)
    write_png_16(FOLDER / "grey-alpha-16.png", noise[..., :2], 4)
    write_png_16(FOLDER / "rgba-16.png", noise, 6)
    save("tall.png", image("L", 2, 250))

    save("lossy.webp", image("RGB"), quality=70)
    save("lossless.webp", image("RGB"), lossless=True)
    save("lossy-alpha.webp", image("RGBA"), quality=70)
    save("lossless-alpha.webp", image("RGBA"), lossless=True, exact=True)


class Store:
    def __init__(self):
        self.blob = bytearray()

    def add(self, array):
        offset = len(self.blob)
        self.blob += array.tobytes()
        return {"shape": list(array.shape), "offset": offset}


def decode_cases(store):
    for path in sorted(FOLDER.iterdir()):
        yield {"file": path.name, **store.add(values(decoded(Image.open(path))))}


def resize_cases(store):
    boxes = {"whole": None, "part": (3.25, 1.5, 30.1, 20.75), "pixels": (2, 3, 20, 21)}
    sizes = [(16, 16), (70, 12), (9, 61), (1, 5), (18, 18)]
    for name in ("rgb.png", "rgba.png", "grey.png"):
        image = Image.open(FOLDER / name)
        for index, size in enumerate(sizes):
            for number in range(4):
                box = list(boxes.values())[(index + number) % 3] if name != "grey.png" else None
                result = values(image.resize(size, Image.Resampling(number), box))
                yield {
                    "file": name,
                    "filter": number,
                    "box": [float(edge) for edge in box or (0, 0, *image.size)],
                    **store.add(result),
                }
    tall = Image.open(FOLDER / "tall.png")  # more than 100 times as tall as wide
    result = values(tall.resize((7, 30), Image.Resampling.BICUBIC))
    yield {"file": "tall.png", "filter": 3, "box": [0.0, 0.0, 2.0, 250.0], **store.add(result)}


def preprocess_cases(store):
    edge = {"height": 20, "width": 20}
    processors = [
        CLIPImageProcessor(size={"shortest_edge": 20}, crop_size=edge),
        SiglipImageProcessor(size=edge, resample=2),
    ]
    for processor in processors:
        config = processor.to_json_string()
        for name in ("baseline-420.jpg", "progressive.jpg", "exif-rotated.jpg", "grey.png", "cmyk.jpg", "rgba.png"):
            rgb = Image.open(FOLDER / name).convert("RGB")
            tensor = processor(rgb, return_tensors="np")["pixel_values"][0].astype("<f4")
            yield {"file": name, "config": config, **store.add(tensor)}


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    write_images()
    store = Store()
    goldens = {
        "made_by": "tests/reference/image_goldens.py",
        "versions": {
            "pillow": Image.__version__,
            "libjpeg_turbo": features.version("libjpeg_turbo"),
            "libwebp": features.version("webp"),
            "transformers": transformers.__version__,
        },
        "decode": list(decode_cases(store)),
        "resize": list(resize_cases(store)),
        "preprocess": list(preprocess_cases(store)),
    }
    (FOLDER / "goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")
    (FOLDER / "goldens.bin").write_bytes(bytes(store.blob))


if __name__ == "__main__":
    main()
