// The two passes of Pillow's 8-bit resampling, value for value: src/image/resample.cpp in JavaScript.
// Images are {width, height, pixels}, RGB interleaved.

const PRECISION_BITS = 32 - 8 - 2; // fixed-point bits of a weight
const HALF = 1 << (PRECISION_BITS - 1);
const CHANNELS = 3;

function bilinear(x) {
  return Math.max(0, 1 - Math.abs(x));
}

function bicubic(x) {
  const a = -0.5;
  x = Math.abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

function sinc(x) {
  return x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
}

function lanczos(x) {
  return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
}

/** Filters by Pillow's numbers, which are those of preprocessor_config.json. */
export const FILTERS = {
  1: { weight: lanczos, support: 3 },
  2: { weight: bilinear, support: 1 },
  3: { weight: bicubic, support: 2 },
};

/**
 * Fixed-point weights of a resize from `size` samples to `outputs`, of which only `windowSize` from
 * `windowFirst` on are wanted. Output i reads weights[i].length samples from first[i] on.
 */
export function coefficients({ size, outputs, windowFirst, windowSize }, filter) {
  const scale = size / outputs;
  const filterScale = Math.max(scale, 1); // what makes it antialiased
  const inverse = 1 / filterScale;
  const support = filter.support * filterScale;
  const first = [];
  const weights = [];
  for (let i = 0; i < windowSize; ++i) {
    const center = (windowFirst + i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(size, Math.trunc(center + support + 0.5));
    const real = [];
    for (let x = begin; x < end; ++x) real.push(filter.weight((x - center + 0.5) * inverse));
    const total = real.reduce((sum, weight) => sum + weight, 0);
    first.push(begin);
    weights.push(Int32Array.from(real, (weight) => toFixed(total !== 0 ? weight / total : weight)));
  }
  return { first, weights };
}

function toFixed(weight) {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));
}

function clip8(value) {
  return Math.min(255, Math.max(0, value >> PRECISION_BITS));
}

/** Rows firstRow to lastRow - 1, resampled along x. */
export function resampleHorizontal(source, firstRow, lastRow, { first, weights }) {
  const width = first.length;
  const pixels = new Uint8Array(width * (lastRow - firstRow) * CHANNELS);
  let out = 0;
  for (let y = firstRow; y < lastRow; ++y) {
    const row = y * source.width * CHANNELS;
    for (let x = 0; x < width; ++x) {
      const taps = weights[x];
      let at = row + first[x] * CHANNELS;
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      for (let i = 0; i < taps.length; ++i, at += CHANNELS) {
        red += source.pixels[at] * taps[i];
        green += source.pixels[at + 1] * taps[i];
        blue += source.pixels[at + 2] * taps[i];
      }
      pixels[out++] = clip8(red);
      pixels[out++] = clip8(green);
      pixels[out++] = clip8(blue);
    }
  }
  return { width, height: lastRow - firstRow, pixels };
}

export function resampleVertical(source, { first, weights }) {
  const rowSize = source.width * CHANNELS;
  const pixels = new Uint8Array(rowSize * first.length);
  const sums = new Int32Array(rowSize);
  for (let y = 0; y < first.length; ++y) {
    sums.fill(HALF);
    for (let i = 0; i < weights[y].length; ++i) {
      const weight = weights[y][i];
      const row = (first[y] + i) * rowSize;
      for (let x = 0; x < rowSize; ++x) sums[x] += source.pixels[row + x] * weight;
    }
    for (let x = 0; x < rowSize; ++x) pixels[y * rowSize + x] = clip8(sums[x]);
  }
  return { width: source.width, height: first.length, pixels };
}
