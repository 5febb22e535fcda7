// Preprocessing in JavaScript against the pixels of Pillow and the tensors of the reference's image
// processor: tests/data/image/goldens.json. Decoding is the browser's and tested there.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { readSettings, preprocess } from "../src/clipstill/preprocess.js";
import { coefficients, FILTERS, resampleHorizontal, resampleVertical } from "../src/clipstill/resample.js";
import { readJson } from "./native.js";

const folder = new URL("../../../tests/data/image/", import.meta.url);
const goldens = readJson(new URL("goldens.json", folder));
const values = readFileSync(new URL("goldens.bin", folder));

function stored({ shape: [height, width, channels], offset }) {
  return { width, height, channels, pixels: values.subarray(offset, offset + height * width * channels) };
}

function decoded(file) {
  return stored(goldens.decode.find((entry) => entry.file === file));
}

function rgb({ width, height, channels, pixels }) {
  const out = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; ++i) {
    for (let c = 0; c < 3; ++c) out[3 * i + c] = pixels[channels === 1 ? i : channels * i + c];
  }
  return { width, height, pixels: out };
}

function rgba(image) {
  const { width, height, channels } = image;
  if (channels === 4) return image;
  const pixels = new Uint8Array(width * height * 4).fill(255);
  const colours = rgb(image).pixels;
  for (let i = 0; i < width * height; ++i) pixels.set(colours.subarray(3 * i, 3 * i + 3), 4 * i);
  return { width, height, pixels };
}

test("resized pixels are Pillow's", () => {
  // The page resizes whole RGB images, and never by nearest.
  const cases = goldens.resize.filter(({ file, filter, box }) => {
    const { width, height, channels } = decoded(file);
    const tall = height > 100 * width; // fit() has this case
    return channels !== 4 && !tall && filter in FILTERS && box.join() === `0,0,${width},${height}`;
  });
  assert.equal(cases.length, 20);
  for (const golden of cases) {
    const source = rgb(decoded(golden.file));
    const expected = rgb(stored(golden));
    const weights = (size, outputs) =>
      coefficients({ size, outputs, windowFirst: 0, windowSize: outputs }, FILTERS[golden.filter]);
    const columns = weights(source.width, expected.width);
    const narrow = resampleHorizontal(source, 0, source.height, columns);
    const found = resampleVertical(narrow, weights(source.height, expected.height));
    assert.deepEqual(found.pixels, expected.pixels, JSON.stringify(golden));
  }
});

test("tensors are those of the reference's image processor", () => {
  assert.equal(goldens.preprocess.length, 12);
  for (const { file, config, shape, offset } of goldens.preprocess) {
    const found = preprocess(rgba(decoded(file)), readSettings(JSON.parse(config)));
    assert.equal(found.length, shape[0] * shape[1] * shape[2]);
    found.forEach((value, i) => {
      const expected = values.readFloatLE(offset + 4 * i);
      assert.ok(Math.abs(value - expected) <= 1e-6, `${file}: ${value} at ${i}, not ${expected}`);
    });
  }
});

test("settings that could change pixels and are not known are refused", () => {
  const config = JSON.parse(goldens.preprocess[0].config);
  assert.throws(() => readSettings({ ...config, do_pad: true }), /do_pad/);
  assert.throws(() => readSettings({ ...config, resample: 0 }), /resample is 0; expected/);
  assert.throws(() => readSettings({ ...config, image_std: [1, 0, 1] }), /numbers above 0/);
  assert.throws(() => readSettings({ ...config, size: undefined }), /size/);
});
