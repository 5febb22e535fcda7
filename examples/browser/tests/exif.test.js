// Exif and turning in JavaScript against Pillow: tests/data/orientation/goldens.json.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { test } from "node:test";

import { hideExif, orientationOf, readOrientation, turn } from "../src/clipstill/exif.js";
import { detectFormat } from "../src/clipstill/image_format.js";

const folder = new URL("../../../tests/data/orientation/", import.meta.url);
const { pictures, parts } = JSON.parse(readFileSync(new URL("goldens.json", folder)));

function bytesOf(hex) {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function rgba({ shape: [height, width, channels], pixels: hex }) {
  const stored = bytesOf(hex);
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < width * height; ++i) {
    pixels.set(stored.subarray(i * channels, (i + 1) * channels), 4 * i);
  }
  return { width, height, pixels };
}

test("pictures are turned as by Pillow", () => {
  assert.equal(pictures.length, 24);
  for (const picture of pictures) {
    const { file, orientation } = picture;
    const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
    const format = detectFormat(bytes, file);
    assert.equal(orientationOf(bytes, format), orientation, file);
    // The pictures of one format store the same pixels.
    const stored = pictures.find((other) => extname(other.file) === extname(file));
    assert.equal(stored.orientation, 1);
    assert.deepEqual(turn(rgba(stored), orientation), rgba(picture), file);
    hideExif(bytes, format);
    assert.equal(orientationOf(bytes, format), 1, file);
  }
});

test("odd and hostile Exif is read as by Pillow", () => {
  assert.ok(parts.length >= 200);
  for (const { what, exif, orientation } of parts) {
    assert.equal(readOrientation(bytesOf(exif)), orientation, what);
  }
});

test("files that are cut short or damaged are read to an end", () => {
  for (const { file } of pictures.filter(({ orientation }) => orientation === 6)) {
    const whole = new Uint8Array(readFileSync(new URL(file, folder)));
    const format = detectFormat(whole, file);
    for (let at = 0; at < whole.length; ++at) {
      assert.ok([1, 6].includes(orientationOf(whole.slice(0, at), format)), `${file} cut to ${at}`);
      const damaged = whole.slice();
      damaged[at] ^= 0xff;
      const orientation = orientationOf(damaged, format);
      assert.ok(orientation >= 1 && orientation <= 8, `${file} damaged at ${at}`);
      hideExif(damaged, format);
      assert.equal(orientationOf(damaged, format), 1, `${file} damaged at ${at}, hidden`);
    }
  }
});
