// Resize and centre crop as src/image does it (Pillow's Image.resize, then the crop), computing only
// the pixels that stay. Images are {width, height, pixels}, RGB interleaved.
import { coefficients, resampleHorizontal, resampleVertical } from "./resample.js";

/** `stretch`: the whole image to size x size; otherwise the shortest edge to size, then a crop. */
export function fit(image, { size, stretch, filter }) {
  const { width, height } = stretch ? { width: size, height: size } : shortestEdge(image, size);
  const crop = { left: Math.trunc((width - size) / 2), top: Math.trunc((height - size) / 2) };
  if (width === image.width && height === image.height) return cut(image, crop, size);
  const columns = { size: image.width, outputs: width, windowFirst: crop.left, windowSize: size };
  const rows = { size: image.height, outputs: height, windowFirst: crop.top, windowSize: size };
  // Pillow shortens very tall pictures before anything else.
  if (image.height > 100 * image.width && height < image.height) {
    return resample(resample(image, whole(image.width), rows, filter), columns, whole(size), filter);
  }
  return resample(image, columns, rows, filter);
}

// Hugging Face's sizes: the longer edge is cut, not rounded.
function shortestEdge(image, size) {
  const longer = Math.floor(
    (size * Math.max(image.width, image.height)) / Math.min(image.width, image.height),
  );
  return image.width >= image.height
    ? { width: longer, height: size }
    : { width: size, height: longer };
}

function whole(size) {
  return { size, outputs: size, windowFirst: 0, windowSize: size };
}

function changes(axis) {
  return axis.outputs !== axis.size || axis.windowSize !== axis.size;
}

function resample(image, columns, rows, filter) {
  if (!changes(rows)) {
    return resampleHorizontal(image, 0, image.height, coefficients(columns, filter));
  }
  const vertical = coefficients(rows, filter);
  if (!changes(columns)) return resampleVertical(image, vertical);
  // The horizontal pass leaves out rows that the vertical pass does not read.
  const firstRow = vertical.first[0];
  const lastRow = vertical.first.at(-1) + vertical.weights.at(-1).length;
  const narrow = resampleHorizontal(image, firstRow, lastRow, coefficients(columns, filter));
  const first = vertical.first.map((row) => row - firstRow);
  return resampleVertical(narrow, { first, weights: vertical.weights });
}

function cut(image, { left, top }, size) {
  const pixels = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; ++y) {
    const from = ((top + y) * image.width + left) * 3;
    pixels.set(image.pixels.subarray(from, from + size * 3), y * size * 3);
  }
  return { width: size, height: size, pixels };
}
