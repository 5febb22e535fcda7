"""Writes tests/data/orientation: one small picture per format and orientation, what Pillow's
ImageOps.exif_transpose makes of it, and how Pillow reads odd and hostile Exif parts.

    python -m venv venv && venv/bin/pip install -r requirements-image.txt
    venv/bin/python orientation_goldens.py
"""

import json
import struct
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

FOLDER = Path(__file__).parent.parent / "data" / "orientation"
NAME = b"Exif\0\0"
ORIENTATION = 0x0112
# type -> format of one value, as TIFF numbers them
TYPES = {1: "B", 2: "B", 3: "H", 4: "L", 5: "LL", 6: "b", 7: "B", 8: "h", 9: "l", 10: "ll", 11: "f", 12: "d",
         13: "L", 16: "Q"}


def entry(order, tag, kind, count, value):
    """`value` is bytes of any length up to 4: the value, or where it lies."""
    return struct.pack(order + "HHL", tag, kind, count) + value.ljust(4, b"\0")


def tiff(order, entries, more=b"", said=None, at=8, head=None):
    """`said`: how many entries there are to be; `at`: where they are said to begin."""
    head = head or {"<": b"II*\0", ">": b"MM\0*"}[order]
    start = head + struct.pack(order + "L", at)
    count = struct.pack(order + "H", len(entries) if said is None else said)
    return start + count + b"".join(entries) + struct.pack(order + "L", 0) + more


def short(order, value, tag=ORIENTATION):
    return entry(order, tag, 3, 1, struct.pack(order + "H", value))


def far(order, tag, kind, count, data, others=0):
    """One entry whose value lies behind the directory, which has `others` entries besides."""
    offset = 8 + 2 + 12 * (1 + others) + 4
    return entry(order, tag, kind, count, struct.pack(order + "L", offset)), data


def pictures():
    """An L of four colours, 7 x 4 pixels, in an order that no turn leaves as it is."""
    pixels = np.zeros((4, 7, 3), np.uint8)
    pixels[..., 0] = np.arange(7) * 36
    pixels[..., 1] = np.arange(4)[:, None] * 80
    pixels[:, 0], pixels[3, 2:5] = (250, 250, 20), (20, 20, 250)
    alpha = np.dstack([pixels, np.arange(28, dtype=np.uint8).reshape(4, 7) * 9])
    yield "jpg", Image.fromarray(pixels), {"quality": 90, "subsampling": 0}
    yield "png", Image.fromarray(alpha), {}
    yield "webp", Image.fromarray(pixels), {"lossless": True}


def write_pictures():
    for extension, image, options in pictures():
        for orientation in range(1, 9):
            order = "<>"[orientation % 2]
            exif = NAME + tiff(order, [entry(order, 0x010F, 2, 3, b"ab\0"), short(order, orientation)])
            path = FOLDER / f"{extension}-{orientation}.{extension}"
            image.save(path, exif=exif, **options)
            upright = ImageOps.exif_transpose(Image.open(path))
            pixels = np.asarray(upright)
            yield {
                "file": path.name,
                "orientation": orientation,
                "shape": list(pixels.shape),
                "pixels": pixels.tobytes().hex(),
            }


def parts():
    for order in "<>":
        name = {"<": "little", ">": "big"}[order]
        good = short(order, 6)
        for value in (0, 1, 6, 8, 9, 255, 256 * 6, 65535):
            yield f"{name} short {value}", tiff(order, [short(order, value)])
        for kind, form in TYPES.items():
            values = [6, 1] if len(form) == 2 else [6]
            data = struct.pack(order + form, *values)
            if len(data) <= 4:
                yield f"{name} type {kind}", tiff(order, [entry(order, ORIENTATION, kind, 1, data)])
            else:
                item, more = far(order, ORIENTATION, kind, 1, data)
                yield f"{name} type {kind}", tiff(order, [item], more)
        for kind in (0, 14, 15, 17, 129, 65535):
            yield f"{name} unknown type {kind}", tiff(order, [entry(order, ORIENTATION, kind, 1, b"\6\0")])
        for what, kind, data in (
            ("12 / 2", 5, struct.pack(order + "LL", 12, 2)), ("13 / 2", 5, struct.pack(order + "LL", 13, 2)),
            ("6 / 0", 5, struct.pack(order + "LL", 6, 0)), ("0 / 0", 5, bytes(8)),
            ("-12 / -2", 10, struct.pack(order + "ll", -12, -2)), ("-6 / 1", 10, struct.pack(order + "ll", -6, 1)),
            ("6.5", 12, struct.pack(order + "d", 6.5)), ("inf", 12, struct.pack(order + "d", float("inf"))),
            ("nan", 12, struct.pack(order + "d", float("nan"))), ("2^40 + 6", 16, struct.pack(order + "Q", 2**40 + 6)),
        ):
            item, more = far(order, ORIENTATION, kind, 1, data)
            yield f"{name} {what} of type {kind}", tiff(order, [item], more)
        for what, kind, value in (("6.5", 11, struct.pack(order + "f", 6.5)), ("-2", 8, struct.pack(order + "h", -2)),
                                  ("-6", 6, b"\xfa"), ("2^32 - 6", 4, struct.pack(order + "L", 2**32 - 6))):
            yield f"{name} {what} of type {kind}", tiff(order, [entry(order, ORIENTATION, kind, 1, value)])

        two = struct.pack(order + "HH", 6, 3)
        yield f"{name} two values", tiff(order, [entry(order, ORIENTATION, 3, 2, two)])
        three, more = far(order, ORIENTATION, 3, 3, two + two)
        yield f"{name} three values", tiff(order, [three], more)
        yield f"{name} no value", tiff(order, [entry(order, ORIENTATION, 3, 0, two)])
        yield f"{name} no value, after one", tiff(order, [good, entry(order, ORIENTATION, 3, 0, two)])
        yield f"{name} very many values", tiff(order, [entry(order, ORIENTATION, 3, 2**32 - 1, two)])
        yield f"{name} said twice", tiff(order, [good, short(order, 3)])
        yield f"{name} said twice, the second outside", tiff(
            order, [good, entry(order, ORIENTATION, 3, 9, struct.pack(order + "L", 5000))])

        wild = struct.pack(order + "L", 2**32 - 1)
        outside = entry(order, 0x010F, 2, 50, wild)
        yield f"{name} after a tag outside", tiff(order, [outside, good])
        yield f"{name} before a tag outside", tiff(order, [good, outside])
        unknown = entry(order, 0x010F, 99, 2**32 - 1, wild)
        yield f"{name} after a tag of unknown type", tiff(order, [unknown, good])
        empty = entry(order, 0x010F, 12, 0, wild)
        yield f"{name} after an empty tag", tiff(order, [empty, good])
        ends, more = far(order, 0x010F, 2, 5, b"abcde", others=1)
        yield f"{name} after a tag that ends with the file", tiff(order, [ends, good], more)
        yield f"{name} after a tag that is cut short", tiff(order, [ends, good], more[:-1])
        yield f"{name} more entries than there are", tiff(order, [good], said=65535)
        yield f"{name} fewer entries than there are", tiff(order, [good], said=0)
        yield f"{name} directory elsewhere", tiff(order, [], bytes(7) + tiff(order, [good])[8:], at=8 + 6 + 7)
        yield f"{name} directory at its own header", tiff(order, [good], at=0)
        for at in (7, 9, 25, 26, 27, 2**31, 2**32 - 1):
            yield f"{name} directory at {at}", tiff(order, [good], at=at)
        whole = tiff(order, [good])
        for length in range(len(whole)):
            yield f"{name} cut to {length}", whole[:length]
        yield f"{name} name repeated", NAME + NAME + whole
        yield f"{name} zeros before it", bytes(2) + whole
        for head in (b"II*\0", b"MM\0*", b"II\0*", b"MM*\0", b"II+\0", b"MM\0+", b"II\0+", b"MM+\0", b"IM*\0", b"ii*\0"):
            yield f"{name} after {head!r}", tiff(order, [good], head=head)
    yield "nothing", b""
    yield "zeros", bytes(64)
    yield "ones", b"\xff" * 64


def read_by_pillow(part):
    exif = Image.Exif()
    try:
        exif.load(NAME + part)
        orientation = exif.get(ORIENTATION, 1)
    except Exception:  # exif_transpose() raises it too
        return 1
    # What exif_transpose() looks up in a table.
    return next((known for known in range(2, 9) if known == orientation), 1)


def main():
    warnings.simplefilter("ignore")
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.iterdir():
        path.unlink()
    goldens = {
        "made_by": "tests/reference/orientation_goldens.py",
        "pillow": Image.__version__,
        "pictures": list(write_pictures()),
        "parts": [{"what": what, "exif": part.hex(), "orientation": read_by_pillow(part)} for what, part in parts()],
    }
    lines = json.dumps(goldens, indent=1) + "\n"
    (FOLDER / "goldens.json").write_text(lines)


if __name__ == "__main__":
    main()
